using System.ComponentModel;
using System.Diagnostics;

namespace Islet.Isolates.Sandbox;

/// <summary>The executable and the few files it needs to start: its loader, libraries and certificates.</summary>
internal sealed record DenoRuntime(string Path, IReadOnlyList<string> Libraries, string? Certificates)
{
    /// <summary>Asks the dynamic loader (<c>ldd</c>) once, at start; the executable is the operator's own.</summary>
    /// <exception cref="JailUnavailableException">There is no such executable.</exception>
    public static DenoRuntime Find(string path)
    {
        if (!File.Exists(path))
            throw new JailUnavailableException($"Deno was not found at {path}. Install it, or set its path.");
        string? certificates = Array.Find(
            (string[])["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"], File.Exists);
        return new DenoRuntime(System.IO.Path.GetFullPath(path), LibrariesOf(path), certificates);
    }

    static List<string> LibrariesOf(string path)
    {
        try
        {
            using var ldd = Process.Start(new ProcessStartInfo("ldd", [path]) { RedirectStandardOutput = true, UseShellExecute = false, })!;
            var words = ldd.StandardOutput.ReadToEnd().Split((char[])[' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);
            ldd.WaitForExit();
            return [.. words.Where(word => word.StartsWith('/') && File.Exists(word)).Distinct(StringComparer.Ordinal)];
        }
        catch (Win32Exception)
        {
            return []; // no ldd: the probe of the jail will tell
        }
    }
}

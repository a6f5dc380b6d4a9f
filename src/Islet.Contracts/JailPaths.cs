namespace Islet.Contracts;

/// <summary>
/// What the inside of a jail looks like. Build and run use the same paths, because Deno keys its caches by path.
/// </summary>
public static class JailPaths
{
    /// <summary>The deployment's files, read-only; also the working directory.</summary>
    public const string Source = "/src";

    /// <summary>DENO_DIR: a private, size-limited tmpfs. Holds what the artifact's <c>deno/</c> directory brings.</summary>
    public const string DenoDir = "/deno";

    /// <summary>Directory with the isolate's Unix sockets and the platform's preload module.</summary>
    public const string Platform = "/run/islet";

    /// <summary>Certificate of this node's own authority, when it has one (PEM).</summary>
    public const string PlatformCertificate = "/etc/ssl/islet.pem";

    /// <summary>Where the first server of the program listens.</summary>
    public const string ServeSocket = "/run/islet/a.sock";
}

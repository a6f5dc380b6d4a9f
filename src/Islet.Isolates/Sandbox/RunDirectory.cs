using System.Reflection;
using System.Text;
using Islet.Isolates.Linux;

namespace Islet.Isolates.Sandbox;

/// <summary>
/// <c>run/</c> of the data directory: disposable, owned by one server at a time. Layout: <c>slots/&lt;id&gt;/</c>, what all
/// slots see in <c>boot/</c>, and <c>lock</c>. With a jailer of its own these are the jailer's alone, and the
/// directories above have the sticky bit: the server has its files in them and cannot rename what is not its own.
/// </summary>
internal sealed class RunDirectory : IDisposable
{
    // sun_path holds 108 bytes, its end included; slots/<id>/io/sock/c.sock with room for long ids must fit.
    internal const int LongestRun = 107 - 34;

    const UnixFileMode Traversable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    const UnixFileMode SharedWithServer =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute | UnixFileMode.StickyBit;

    const UnixFileMode PublicFile = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    readonly FileStream ownership;

    RunDirectory(string path, FileStream ownership)
    {
        Path = path;
        this.ownership = ownership;
    }

    public string Path { get; }

    public string Slots => System.IO.Path.Combine(Path, "slots");

    /// <summary>Host path of what slots see: the modules of <c>Bootstrap/</c>, <c>hosts</c>, <c>resolv.conf</c>, and their filter.</summary>
    public string Boot(string name) => System.IO.Path.Combine(Path, "boot", name);

    /// <summary>Host path of the certificate that programs may trust; null while there is none.</summary>
    public string? PlatformCertificate => File.Exists(Boot("islet.pem")) ? Boot("islet.pem") : null;

    /// <summary>From now on slots that boot see this certificate (PEM).</summary>
    public void SetPlatformCertificate(byte[] pem) => WritePublic(Boot("islet.pem"), pem);

    /// <exception cref="InvalidOperationException">Another server uses the data directory, or its path is too long.</exception>
    public static RunDirectory Open(string dataDirectory)
    {
        var data = System.IO.Path.GetFullPath(dataDirectory);
        var path = System.IO.Path.Combine(data, "run");
        if (Encoding.UTF8.GetByteCount(path) > LongestRun)
            throw new InvalidOperationException($"The data directory's path is too long for Unix sockets below it: {dataDirectory}. Choose one of at most {IsolatesSetup.LongestDataDirectory} bytes.");
        Directory.CreateDirectory(path, Traversable);
        var directory = new RunDirectory(path, Own(path, dataDirectory));
        File.SetUnixFileMode(path, Traversable);
        directory.Empty();
        return directory;
    }

    public void Dispose() => ownership.Dispose();

    /// <summary>
    /// Removes what an earlier server left. Its processes must be gone. The directory itself stays: it may be mounted
    /// elsewhere already.
    /// </summary>
    public void Empty()
    {
        Directory.CreateDirectory(Slots, Traversable);
        File.SetUnixFileMode(Slots, Traversable);
        foreach (var left in Directory.EnumerateDirectories(Slots))
            Directory.Delete(left, recursive: true);
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "boot"), Traversable);
        WritePublic(Boot("hosts"), "127.0.0.1\tlocalhost\n::1\tlocalhost\n"u8);
        WritePublic(Boot("resolv.conf"), "nameserver 198.18.0.53\noptions timeout:2 attempts:2\n"u8); // any address: all questions come to the gateway
        foreach (var module in Assembly.GetExecutingAssembly().GetManifestResourceNames())
            WritePublic(Boot(module), ReadResource(module));
    }

    /// <summary>
    /// The server is another user: its group may make files in the data directory and in <c>run/</c>. What is there already
    /// becomes its own, if it was another's before.
    /// </summary>
    public void ShareWith(uint server)
    {
        var (data, run) = (System.IO.Path.GetDirectoryName(Path)!, Path);
        File.SetUnixFileMode(data, SharedWithServer);
        File.SetUnixFileMode(run, SharedWithServer | UnixFileMode.OtherExecute);
        foreach (var directory in (string[])[data, run])
            if (Libc.Chown(directory, 0, server) != 0)
                throw Libc.Error($"chown {directory}");
        foreach (var entry in new DirectoryInfo(data).EnumerateFileSystemInfos())
            if (entry.FullName != run && Libc.OwnerOf(entry.FullName) != server)
                GiveTo(server, entry);
    }

    static void GiveTo(uint server, FileSystemInfo entry)
    {
        if (Libc.LChown(entry.FullName, server, server) != 0)
            throw Libc.Error($"chown {entry.FullName}");
        if (entry is DirectoryInfo directory && entry.LinkTarget is null)
            foreach (var below in directory.EnumerateFileSystemInfos())
                GiveTo(server, below);
    }

    static byte[] ReadResource(string name)
    {
        using var resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var content = new MemoryStream();
        resource.CopyTo(content);
        return content.ToArray();
    }

    static void WritePublic(string path, ReadOnlySpan<byte> content)
    {
        File.WriteAllBytes(path, content);
        File.SetUnixFileMode(path, PublicFile);
    }

    // FileShare.None is flock(2) on Unix: the kernel lets it go when the server dies, however it dies.
    static FileStream Own(string path, string dataDirectory)
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure)
        {
            throw new InvalidOperationException($"Another server runs on the data directory {dataDirectory}. Stop it or choose another directory.", failure);
        }
    }
}

using System.Reflection;
using System.Text;

namespace Islet.Isolates.Sandbox;

/// <summary>
/// <c>run/</c> of the data directory: disposable, owned by one server at a time. Layout: <c>slots/&lt;id&gt;/</c>,
/// <c>hosts</c>, <c>prelude.js</c>, <c>node.js</c>, <c>seccomp.bpf</c>, <c>lock</c>.
/// </summary>
internal sealed class RunDirectory : IDisposable
{
    // sun_path holds 108 bytes, its end included; slots/<id>/sock/c.sock with room for long ids must fit.
    internal const int LongestRun = 107 - 34;

    const UnixFileMode Traversable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    const UnixFileMode PublicFile = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    readonly FileStream ownership;

    RunDirectory(string path, FileStream ownership)
    {
        Path = path;
        this.ownership = ownership;
    }

    public string Path { get; }

    public string Slots => System.IO.Path.Combine(Path, "slots");

    /// <summary>Host path of a module of <c>Bootstrap/</c>.</summary>
    public string Bootstrap(string module) => System.IO.Path.Combine(Path, module);

    /// <exception cref="InvalidOperationException">Another server uses the data directory, or its path is too long.</exception>
    public static RunDirectory Open(string dataDirectory)
    {
        var path = System.IO.Path.Combine(System.IO.Path.GetFullPath(dataDirectory), "run");
        if (Encoding.UTF8.GetByteCount(path) > LongestRun)
            throw new InvalidOperationException($"The data directory's path is too long for Unix sockets below it: {dataDirectory}. Choose one of at most {IsolatesSetup.LongestDataDirectory} bytes.");
        Directory.CreateDirectory(path, Traversable);
        var directory = new RunDirectory(path, Own(path, dataDirectory));
        File.SetUnixFileMode(path, Traversable);
        directory.Empty();
        return directory;
    }

    public void Dispose() => ownership.Dispose();

    /// <summary>Removes what an earlier server left. Its processes must be gone.</summary>
    public void Empty()
    {
        if (Directory.Exists(Slots))
            Directory.Delete(Slots, recursive: true);
        Directory.CreateDirectory(Slots, Traversable);
        WritePublic(System.IO.Path.Combine(Path, "hosts"), "127.0.0.1\tlocalhost\n::1\tlocalhost\n"u8);
        foreach (var module in Assembly.GetExecutingAssembly().GetManifestResourceNames())
            WritePublic(Bootstrap(module), ReadResource(module));
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

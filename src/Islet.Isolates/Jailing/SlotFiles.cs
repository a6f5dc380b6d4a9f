using Islet.Isolates.Linux;

namespace Islet.Isolates.Jailing;

/// <summary>
/// The host side of one slot's files. Only <see cref="Sockets"/> is writable from inside; where the jailer has the rights
/// for it, it lies on a small file system of its own that covers <see cref="Area"/>.
/// </summary>
internal sealed class SlotFiles(string directory, uint? uid)
{
    const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    const UnixFileMode Passable = Owner | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    const UnixFileMode Public = Passable | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    string reached = Path.Combine(directory, "io");

    public string Directory => directory;

    /// <summary>User id of the inside as the host sees it; null when it is the server's own.</summary>
    public uint? Uid => uid;

    /// <summary>The sockets and the names they get: what a small file system covers.</summary>
    public string Area { get; } = Path.Combine(directory, "io");

    public string Sockets { get; } = Path.Combine(directory, "io", "sock");

    public string App { get; } = Path.Combine(directory, "app");

    public string Npm { get; } = Path.Combine(directory, "npm");

    public string Remote { get; } = Path.Combine(directory, "remote");

    public string ControlSocket => Path.Combine(reached, "sock", "c.sock");

    /// <summary>Where the program's server puts its socket: the inside could replace it by a link to anywhere.</summary>
    public string ServeSocketInside => Path.Combine(reached, "sock", "a.sock");

    /// <summary>The same socket under a name the inside cannot touch.</summary>
    public string ServeSocket => Path.Combine(reached, "serve.sock");

    /// <summary>Makes the directories. The server's user passes to the sockets; what may be connected to is decided by their owners.</summary>
    public void Create()
    {
        foreach (var (path, mode) in ((string, UnixFileMode)[])[(directory, Passable), (Area, Passable), (App, Public), (Npm, Public), (Remote, Public)])
            Make(path, mode);
    }

    /// <summary>Makes the directory for the sockets, at last.</summary>
    /// <param name="area">How <see cref="Area"/> is reached now.</param>
    public void CreateSockets(string area)
    {
        reached = area;
        var sockets = Path.Combine(area, "sock");
        Make(sockets, Owner);
        if (uid is { } id && Libc.Chown(sockets, id, id) != 0)
            throw Libc.Error($"chown {sockets}");
    }

    /// <summary>A builder has but the directory for what the jail itself says.</summary>
    public void CreateScratch()
    {
        System.IO.Directory.CreateDirectory(directory);
        File.SetUnixFileMode(directory, Owner);
    }

    /// <summary>
    /// Gives the program's socket a second name. link(2) does not follow a symbolic link; what it named is then looked at
    /// where the inside cannot reach it. False: it is no socket.
    /// </summary>
    /// <param name="server">User id that is to connect to it; null: this process's own.</param>
    public bool Publish(uint? server)
    {
        if (Libc.Link(ServeSocketInside, ServeSocket) != 0 || Libc.TypeOf(ServeSocket) != Libc.S_IFSOCK)
            return false;
        return server is not { } user || Libc.LChown(ServeSocket, user, user) == 0;
    }

    public void Remove()
    {
        if (System.IO.Directory.Exists(directory))
            System.IO.Directory.Delete(directory, recursive: true);
    }

    static void Make(string path, UnixFileMode mode)
    {
        System.IO.Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, mode); // whatever the umask
    }
}

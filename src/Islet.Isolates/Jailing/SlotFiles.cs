using Islet.Isolates.Linux;

namespace Islet.Isolates.Jailing;

/// <summary>The host side of one slot's files. Only <see cref="Sockets"/> is writable from inside.</summary>
internal sealed class SlotFiles(string directory, uint? uid)
{
    const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    const UnixFileMode Passable = Owner | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    const UnixFileMode Public = Passable | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public string Directory => directory;

    /// <summary>User id of the inside as the host sees it; null when it is the server's own.</summary>
    public uint? Uid => uid;

    public string Sockets { get; } = Path.Combine(directory, "sock");

    public string App { get; } = Path.Combine(directory, "app");

    public string Npm { get; } = Path.Combine(directory, "npm");

    public string Remote { get; } = Path.Combine(directory, "remote");

    public string ControlSocket => Path.Combine(Sockets, "c.sock");

    /// <summary>Where the program's server puts its socket: the inside could replace it by a link to anywhere.</summary>
    public string ServeSocketInside => Path.Combine(Sockets, "a.sock");

    /// <summary>The same socket under a name the inside cannot touch.</summary>
    public string ServeSocket => Path.Combine(directory, "serve.sock");

    /// <summary>Makes the directories. The server's user passes to the sockets; what may be connected to is decided by their owners.</summary>
    public void Create()
    {
        foreach (var (path, mode) in ((string, UnixFileMode)[])[(directory, Passable), (Sockets, Owner), (App, Public), (Npm, Public), (Remote, Public)])
        {
            System.IO.Directory.CreateDirectory(path);
            File.SetUnixFileMode(path, mode); // whatever the umask
        }
        if (uid is not { } id)
            return;
        Own(Sockets, id, id);
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

    static void Own(string path, uint user, uint group)
    {
        if (Libc.Chown(path, user, group) != 0)
            throw Libc.Error($"chown {path}");
    }
}

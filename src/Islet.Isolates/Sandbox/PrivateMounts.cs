using Islet.Isolates.Linux;

namespace Islet.Isolates.Sandbox;

/// <summary>
/// A mount namespace of the spawner's thread. In it, the directories a jail needs are bound to short public places, so
/// that a user id without rights reaches them even when the data directory lies below a directory of mode 0700.
/// Nothing of it is visible on the host, and it is gone with the thread. All members run on the spawner's thread.
/// </summary>
internal sealed class PrivateMounts
{
    // Any directory will do that exists everywhere and hides nothing we need.
    static readonly string[] Places = ["/mnt", "/media", "/srv", "/opt"];

    const string SmallTmpfs = "mode=0711,size=64k,nr_inodes=64";

    readonly string place;
    readonly string run;

    // /proc/thread-self names this thread as <process>/task/<thread>.
    readonly string view = $"/proc/{new FileInfo("/proc/thread-self").LinkTarget}/root";
    long next;

    PrivateMounts(string place, string run) => (this.place, this.run) = (place, run);

    /// <summary>Host path of Deno as a jail's user id sees it.</summary>
    public string Deno => place + "/deno";

    string Stage => place + "/stage";

    /// <exception cref="IOException">Not allowed here: the thread needs CAP_SYS_ADMIN.</exception>
    public static PrivateMounts Enter(string run, string deno)
    {
        var chosen = Array.Find(Places, candidate => Directory.Exists(candidate) && !Below(run, candidate) && !Below(deno, candidate))
            ?? throw new IOException($"None of {string.Join(", ", Places)} can carry the slots: the data directory or Deno lies in each, or it does not exist.");
        if (Libc.Unshare(Libc.CLONE_NEWNS | Libc.CLONE_FS) != 0)
            throw Libc.Error("unshare");
        if (Libc.Mount(null, "/", null, (nuint)(Libc.MS_REC | Libc.MS_SLAVE), null) != 0)
            throw Libc.Error("make the mounts private");
        if (Libc.Mount("tmpfs", chosen, "tmpfs", 0, "mode=0711,size=1m") != 0)
            throw Libc.Error($"mount {chosen}");
        var mounts = new PrivateMounts(chosen, run);
        BindTo(run, chosen + "/run");
        Directory.CreateDirectory(mounts.Stage);

        // Shared: what is mounted below it later appears in the jails that were made before (mount_namespaces(7)).
        if (Libc.Mount(null, chosen + "/run", null, (nuint)Libc.MS_SHARED, null) != 0)
            throw Libc.Error("share the slots' mount");
        BindTo(deno, mounts.Deno);
        return mounts;
    }

    /// <summary>The path of something below <c>run/</c>.</summary>
    public string? Known(string host) => Below(host, run) ? place + "/run" + host[run.Length..] : null;

    public string Bind(string host)
    {
        var target = $"{place}/{next++}";
        BindTo(host, target);
        return target;
    }

    /// <summary>Makes a host directory appear at a short public place for the life of this namespace.</summary>
    public string BindAs(string name, string host)
    {
        var target = $"{place}/{name}";
        BindTo(host, target);
        return target;
    }

    /// <summary>Binds what the server named below its data directory: opened here, since a place of another namespace cannot be bound.</summary>
    public string BindBelow(string root, string relative)
    {
        using var opened = Beneath.Open(root, relative);
        var target = $"{place}/{next++}";
        BindTo(Beneath.Name(opened), target);
        return target;
    }

    /// <summary>
    /// Makes a tree appear, read-only, in a directory below <c>run/</c> that a jail already sees. A tree of thousands of
    /// files costs as little as one file; linking them would take a tenth of a second.
    /// </summary>
    public void Cover(string directory, string root, string tree)
    {
        const ulong ReadOnly = Libc.MS_REMOUNT | Libc.MS_BIND | Libc.MS_RDONLY | Libc.MS_NOSUID | Libc.MS_NODEV;
        using var opened = Beneath.Open(root, tree);
        BindTo(Beneath.Name(opened), Stage);
        try
        {
            // Read-only before anybody inside can see it: the flags go with the second bind.
            if (Libc.Mount(null, Stage, null, (nuint)ReadOnly, null) != 0)
                throw Libc.Error($"make {tree} read-only");
            BindTo(Stage, Known(directory)!);
        }
        finally
        {
            _ = Libc.UMount2(Stage, Libc.MNT_DETACH);
        }
    }

    /// <summary>
    /// Covers an empty directory below <c>run/</c> with a private file system for a few sockets: what is written there
    /// never reaches the disk, and is soon refused. Gives its path for all threads of this process.
    /// </summary>
    public string CoverSmall(string directory)
    {
        var known = Known(directory)!;
        if (Libc.Mount("tmpfs", known, "tmpfs", (nuint)(Libc.MS_NOSUID | Libc.MS_NODEV), SmallTmpfs) != 0)
            throw Libc.Error($"mount a tmpfs on {directory}");
        return view + known;
    }

    /// <summary>What a path given by <see cref="CoverSmall"/> is called by a process that lives in this namespace.</summary>
    public string WithinNamespace(string path) => path.StartsWith(view, StringComparison.Ordinal) ? path[view.Length..] : path;

    /// <summary>Undoes <see cref="Cover"/> and <see cref="CoverSmall"/>; nothing when it was not covered.</summary>
    public void Uncover(string directory) => _ = Libc.UMount2(Known(directory)!, Libc.MNT_DETACH);

    public static void Release(string target)
    {
        _ = Libc.UMount2(target, Libc.MNT_DETACH);
        if (Directory.Exists(target))
            Directory.Delete(target);
        else
            File.Delete(target);
    }

    static void BindTo(string host, string target)
    {
        if (Directory.Exists(host))
            Directory.CreateDirectory(target);
        else
            File.WriteAllBytes(target, []);
        if (Libc.Mount(host, target, null, (nuint)(Libc.MS_BIND | Libc.MS_REC), null) != 0)
            throw Libc.Error($"bind {host}");
    }

    static bool Below(string path, string directory) =>
        path.StartsWith(directory, StringComparison.Ordinal) && (path.Length == directory.Length || path[directory.Length] == '/');
}

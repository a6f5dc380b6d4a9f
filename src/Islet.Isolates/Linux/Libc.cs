using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Islet.Isolates.Linux;

/// <summary>The few system calls .NET has no door for. Names and signatures as in the manual pages, sections 2 and 3.</summary>
internal static partial class Libc
{
    const string Library = "libc.so.6";

    public const int SIGKILL = 9;
    public const int SIGTRAP = 5;
    public const int SIGTERM = 15;
    public const int SIGSTOP = 19;
    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_CLOEXEC = 0x80000;
    public const int O_CREAT = 0x40;
    public const int O_TRUNC = 0x200;
    public const int AF_UNIX = 1;
    public const int SOCK_STREAM = 1;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int CLONE_NEWNS = 0x00020000;
    public const int CLONE_FS = 0x00000200;
    public const int CLONE_NEWNET = 0x40000000;
    public const uint MFD_CLOEXEC = 1;
    public const ulong MS_RDONLY = 1;
    public const ulong MS_NOSUID = 2;
    public const ulong MS_NODEV = 4;
    public const ulong MS_REMOUNT = 32;
    public const ulong MS_BIND = 4096;
    public const ulong MS_REC = 16384;
    public const ulong MS_SLAVE = 1 << 19;
    public const ulong MS_SHARED = 1 << 20;
    public const int MNT_DETACH = 2;
    public const int S_IFSOCK = 0xc000;
    public const int WNOHANG = 1;
    public const int EPOLL_CLOEXEC = 0x80000;
    public const int EPOLL_CTL_ADD = 1;
    public const int EPOLL_CTL_DEL = 2;
    public const int EPOLL_CTL_MOD = 3;
    public const uint EPOLLIN = 1;
    public const uint EPOLLONESHOT = 1 << 30;
    public const int EINTR = 4;
    public const int EXDEV = 18;
    public const int EMLINK = 31;

    // One number on every architecture since the tables were unified (5.1 and later calls).
    public const long SYS_pidfd_send_signal = 424;
    public const long SYS_pidfd_open = 434;

    [LibraryImport(Library, EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Link(string from, string to);

    [LibraryImport(Library, EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Chown(string path, uint owner, uint group);

    [LibraryImport(Library, EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LChown(string path, uint owner, uint group);

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatX(int directory, string path, int flags, uint mask, byte* buffer);

    /// <summary>The type bits of a file's mode, without following a link; 0 when there is none.</summary>
    internal static unsafe int TypeOf(string path)
    {
        const int CurrentDirectory = -100;
        const int NoFollow = 0x100;
        const uint Type = 1;
        var buffer = stackalloc byte[256]; // struct statx; stx_mode is at 28
        return StatX(CurrentDirectory, path, NoFollow, Type, buffer) == 0 ? *(ushort*)(buffer + 28) & 0xf000 : 0;
    }

    /// <summary>User id that owns a file, without following a link.</summary>
    internal static unsafe uint OwnerOf(string path)
    {
        const int CurrentDirectory = -100;
        const int NoFollow = 0x100;
        const uint Owner = 8;
        var buffer = stackalloc byte[256]; // struct statx; stx_uid is at 20
        return StatX(CurrentDirectory, path, NoFollow, Owner, buffer) == 0 ? *(uint*)(buffer + 20) : throw Error($"statx {path}");
    }

    /// <summary>User id that owns what an O_PATH descriptor names.</summary>
    internal static unsafe uint OwnerOf(SafeFileHandle place)
    {
        const int EmptyPath = 0x1000;
        const uint Owner = 8;
        var buffer = stackalloc byte[256]; // struct statx; stx_uid is at 20
        return StatX((int)place.DangerousGetHandle(), "", EmptyPath, Owner, buffer) == 0 ? *(uint*)(buffer + 20) : throw Error("statx");
    }

    /// <summary>Gives what an O_PATH descriptor names to a user and its group of the same number.</summary>
    internal static int ChownPlace(SafeFileHandle place, uint user) => ChownAt((int)place.DangerousGetHandle(), "", user, user, 0x1000);

    [LibraryImport(Library, EntryPoint = "fchownat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChownAt(int directory, string path, uint owner, uint group, int flags);

    [LibraryImport(Library, EntryPoint = "setfsuid")]
    internal static partial int SetFsUid(uint user);

    [LibraryImport(Library, EntryPoint = "setfsgid")]
    internal static partial int SetFsGid(uint group);

    [LibraryImport(Library, EntryPoint = "geteuid")]
    internal static partial uint GetEUid();

    [LibraryImport(Library, EntryPoint = "getppid")]
    internal static partial int GetPPid();

    [LibraryImport(Library, EntryPoint = "unshare", SetLastError = true)]
    internal static partial int Unshare(int flags);

    [LibraryImport(Library, EntryPoint = "setns", SetLastError = true)]
    internal static partial int SetNs(int fd, int type);

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags);

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    internal static partial int Socket(int domain, int type, int protocol);

    [LibraryImport(Library, EntryPoint = "send", SetLastError = true)]
    internal static unsafe partial nint Send(int fd, byte* data, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "recv", SetLastError = true)]
    internal static unsafe partial nint Receive(int fd, byte* data, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Mount(string? source, string target, string? type, nuint flags, string? data);

    [LibraryImport(Library, EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int UMount2(string target, int flags);

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int pid, int signal);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int fd);

    [LibraryImport(Library, EntryPoint = "socketpair", SetLastError = true)]
    internal static partial int SocketPair(int domain, int type, int protocol, Span<int> pair);

    [LibraryImport(Library, EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MemFdCreate(string name, uint flags);

    [LibraryImport(Library, EntryPoint = "waitpid", SetLastError = true)]
    internal static partial int WaitPid(int pid, out int status, int options);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long SysCall(long number, long a, long b, long c, long d);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long SysCall(long number, long a, long b, long c, long d, long e);

    [LibraryImport(Library, EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int EPollCreate(int flags);

    [LibraryImport(Library, EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static unsafe partial int EPollCtl(int epoll, int operation, int fd, byte* pollEvent);

    [LibraryImport(Library, EntryPoint = "epoll_wait", SetLastError = true)]
    internal static unsafe partial int EPollWait(int epoll, byte* events, int count, int timeout);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int EventFd(uint initial, int flags);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    internal static unsafe partial nint Write(int fd, byte* data, nuint length);

    [LibraryImport(Library, EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial int PosixSpawn(out int pid, string path, void* actions, void* attributes, byte** argv, byte** envp);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_init")]
    internal static unsafe partial int ActionsInit(void* actions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_destroy")]
    internal static unsafe partial int ActionsDestroy(void* actions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_adddup2")]
    internal static unsafe partial int ActionsDup(void* actions, int fd, int newFd);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial int ActionsOpen(void* actions, int fd, string path, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addclosefrom_np")]
    internal static unsafe partial int ActionsCloseFrom(void* actions, int from);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addchdir_np", StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial int ActionsChangeDirectory(void* actions, string path);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_init")]
    internal static unsafe partial int AttributesInit(void* attributes);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_destroy")]
    internal static unsafe partial int AttributesDestroy(void* attributes);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setflags")]
    internal static unsafe partial int AttributesFlags(void* attributes, short flags);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setsigmask")]
    internal static unsafe partial int AttributesMask(void* attributes, void* set);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setsigdefault")]
    internal static unsafe partial int AttributesDefault(void* attributes, void* set);

    internal static IOException Error(string what)
    {
        var number = Marshal.GetLastPInvokeError();
        return new IOException($"{what}: {Marshal.GetPInvokeErrorMessage(number)}");
    }
}

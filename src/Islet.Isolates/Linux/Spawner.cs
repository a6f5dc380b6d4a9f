using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Islet.Isolates.Sandbox;
using Microsoft.Win32.SafeHandles;

namespace Islet.Isolates.Linux;

/// <summary>
/// Starts processes from one thread of its own that lives as long as the server. Two reasons: the death signal of a
/// child (<c>--die-with-parent</c>) is tied to the <em>thread</em> that forked it, and the mount namespace that holds
/// the slots' directories belongs to that thread alone. .NET's own Process does neither, and its pipes block pool threads.
/// </summary>
internal sealed class Spawner : IDisposable
{
    // A session of its own as well: what a terminal or a supervisor sends to the server's group is not for slots.
    const short SetSignalDefaultAndMaskAndSession = 0x04 | 0x08 | 0x80;
    const int SizeOfOpaque = 1024; // above every glibc size of the three opaque structures

    readonly OwnThread thread = new("islet-spawner");
    readonly Reaper reaper = new();

    public Spawner() => _ = thread.RunAsync(() => Scheduling.TakeLongTurns(0, Scheduling.NiceOf(0))); // and so what it starts

    /// <summary>The network namespace that the thread comes back to after each spawn into another one.</summary>
    public required SafeFileHandle Home { get; init; }

    /// <summary>Runs something on the spawner's thread, such as a mount in its namespace.</summary>
    public Task<T> OnThreadAsync<T>(Func<T> function) => thread.RunAsync(function);

    public Task<ChildProcess> StartAsync(SpawnRequest request) => OnThreadAsync(() => Start(request));

    /// <summary>Only on the spawner's thread.</summary>
    public unsafe ChildProcess Start(SpawnRequest request)
    {
        var actions = stackalloc byte[SizeOfOpaque];
        var attributes = stackalloc byte[SizeOfOpaque];
        var allSignals = stackalloc byte[128];
        var noSignals = stackalloc byte[128];
        new Span<byte>(allSignals, 128).Fill(0xff);
        new Span<byte>(noSignals, 128).Clear();
        var output = Pair();
        var error = Pair();
        var memory = request.Memory is null ? -1 : MemoryFile(request.Memory);
        var argv = Strings(request.Arguments);
        var envp = Strings([.. request.Environment.Select(pair => $"{pair.Key}={pair.Value}")]);
        _ = Libc.ActionsInit(actions);
        _ = Libc.AttributesInit(attributes);
        try
        {
            // The runtime ignores SIGPIPE and masks signals: a child must start with neither.
            _ = Libc.AttributesFlags(attributes, SetSignalDefaultAndMaskAndSession);
            _ = Libc.AttributesDefault(attributes, allSignals);
            _ = Libc.AttributesMask(attributes, noSignals);
            if (!request.SharesOutput)
            {
                _ = Libc.ActionsDup(actions, output.Child, 1);
                _ = Libc.ActionsDup(actions, error.Child, 2);
            }
            var next = 3 + request.Files.Count;
            if (memory >= 0)
                _ = Libc.ActionsDup(actions, memory, next++);
            foreach (var descriptor in request.Descriptors)
                _ = Libc.ActionsDup(actions, descriptor, next++);
            _ = Libc.ActionsOpen(actions, 0, "/dev/null", Libc.O_RDONLY, 0);
            for (var i = 0; i < request.Files.Count; i++)
            {
                var flags = request.Files[i].Write ? Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC : Libc.O_RDONLY;
                _ = Libc.ActionsOpen(actions, 3 + i, request.Files[i].Path, flags, 0x180);
            }
            _ = Libc.ActionsCloseFrom(actions, next);
            if (request.WorkingDirectory is { } directory)
                _ = Libc.ActionsChangeDirectory(actions, directory);

            var pid = Spawn(request, actions, attributes, argv, envp);
            var child = new ChildProcess(pid, Host(ref output), Host(ref error));
            reaper.Watch(child);
            return child;
        }
        finally
        {
            _ = Libc.ActionsDestroy(actions);
            _ = Libc.AttributesDestroy(attributes);
            Free(argv);
            Free(envp);
            Close(output.Child);
            Close(error.Child);
            Close(output.Host);
            Close(error.Host);
            Close(memory);
        }
    }

    /// <summary>The thread ends, and with it what it started under <c>--die-with-parent</c>.</summary>
    public void Dispose()
    {
        thread.Dispose();
        reaper.Dispose();
        Home.Dispose();
    }

    unsafe int Spawn(SpawnRequest request, byte* actions, byte* attributes, byte** argv, byte** envp)
    {
        if (request.Network is { } network)
            SlotNetwork.Enter(network);
        try
        {
            var code = Libc.PosixSpawn(out var pid, request.Arguments[0], actions, attributes, argv, envp);
            return code == 0 ? pid : throw new IOException($"Could not start {request.Arguments[0]}: {Marshal.GetPInvokeErrorMessage(code)}");
        }
        finally
        {
            if (request.Network is not null)
                SlotNetwork.Enter(Home);
        }
    }

    static (int Host, int Child) Pair()
    {
        Span<int> pair = stackalloc int[2];
        if (Libc.SocketPair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, pair) != 0)
            throw Libc.Error("socketpair");
        return (pair[0], pair[1]);
    }

    static Socket Host(ref (int Host, int Child) pair)
    {
        var socket = new Socket(new SafeSocketHandle(pair.Host, ownsHandle: true));
        pair.Host = -1;
        return socket;
    }

    static int MemoryFile(byte[] content)
    {
        var fd = Libc.MemFdCreate("islet", Libc.MFD_CLOEXEC);
        if (fd < 0)
            throw Libc.Error("memfd_create");
        using var handle = new SafeFileHandle(fd, ownsHandle: false);
        RandomAccess.Write(handle, content, 0);
        return fd;
    }

    static unsafe byte** Strings(IReadOnlyList<string> strings)
    {
        var list = (byte**)NativeMemory.AllocZeroed((nuint)(strings.Count + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < strings.Count; i++)
        {
            if (strings[i].Contains('\0', StringComparison.Ordinal))
                throw new ArgumentException("A NUL cannot be in an argument.", nameof(strings));
            var bytes = Encoding.UTF8.GetBytes(strings[i]);
            list[i] = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
            bytes.CopyTo(new Span<byte>(list[i], bytes.Length));
        }
        return list;
    }

    static unsafe void Free(byte** list)
    {
        for (var i = 0; list[i] is not null; i++)
            NativeMemory.Free(list[i]);
        NativeMemory.Free(list);
    }

    static void Close(int fd)
    {
        if (fd >= 0)
            _ = Libc.Close(fd);
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Islet.Tests.Gateway.Network;

/// <summary>
/// A network namespace of this test, and a thread that lives in it: sockets that the thread opens belong to it wherever
/// they are used. It has no way out but what the test lays.
/// </summary>
internal sealed partial class NetworkNamespace : IDisposable
{
    const int CloneNewNet = 0x4000_0000;
    static int last;

    readonly BlockingCollection<Action> work = [];
    readonly Thread thread;

    public NetworkNamespace(string role)
    {
        Name = $"tests-{Environment.ProcessId}-{Interlocked.Increment(ref last)}-{role}";
        Shell($"ip netns add {Name}", $"ip -n {Name} link set lo up");
        using var entered = new ManualResetEventSlim();
        Exception? failure = null;
        thread = new(() =>
        {
            try
            {
                using var file = File.OpenHandle($"/run/netns/{Name}");
                if (SetNs((int)file.DangerousGetHandle(), CloneNewNet) != 0)
                    throw new IOException($"setns: {Marshal.GetLastPInvokeError()}");
            }
            catch (Exception e)
            {
                failure = e;
            }

            entered.Set();
            foreach (var action in work.GetConsumingEnumerable())
                action();
        }) { IsBackground = true, Name = Name };
        thread.Start();
        entered.Wait();
        if (failure is not null)
            throw failure;
    }

    public string Name { get; }

    /// <summary>Commands in it; <c>nft</c> reads its rules from a file that is named <c>-</c>.</summary>
    public void Do(params string[] commands) => Shell([.. from command in commands select $"ip netns exec {Name} {command}"]);

    public T Run<T>(Func<T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        work.Add(() =>
        {
            try
            {
                done.SetResult(action());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task.GetAwaiter().GetResult();
    }

    public Socket Open(AddressFamily family, SocketType type = SocketType.Stream, ProtocolType protocol = ProtocolType.Tcp) =>
        Run(() => new Socket(family, type, protocol));

    /// <summary>Local and remote end and state of its TCP sockets, as the kernel writes them.</summary>
    public IReadOnlyList<string> TcpSockets() => Run(() => File.ReadAllLines("/proc/thread-self/net/tcp").Skip(1).ToList());

    public void Dispose()
    {
        work.CompleteAdding();
        thread.Join();
        work.Dispose();
        Shell($"ip netns del {Name}");
    }

    public static void Shell(params string[] commands)
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-ec", string.Join('\n', commands)]) { RedirectStandardError = true, UseShellExecute = false })!;
        var said = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        if (shell.ExitCode != 0)
            throw new InvalidOperationException($"{string.Join(" ; ", commands)}: {said}");
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNs(int descriptor, int kind);
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Islet.Server.SelfTest;

/// <summary>Sockets belong to the network namespace of the thread that made them, whoever uses them then.</summary>
static partial class NetworkNamespace
{
    const int CLONE_NEWNET = 0x40000000;

    /// <summary>Runs it on a thread of its own inside a named namespace. The thread ends there: no other work meets it.</summary>
    public static Task<T> InAsync<T>(string name, Func<T> make)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                using var handle = File.OpenHandle(FileOf(name));
                if (SetNs(handle, CLONE_NEWNET) != 0)
                    throw new IOException($"setns {name}: {Marshal.GetLastPInvokeErrorMessage()}");
                result.SetResult(make());
            }
            catch (Exception failure)
            {
                result.SetException(failure);
            }
        })
        { IsBackground = true }.Start();
        return result.Task;
    }

    public static string FileOf(string name) => "/run/netns/" + name;

    [LibraryImport("libc.so.6", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNs(SafeFileHandle fd, int type);
}

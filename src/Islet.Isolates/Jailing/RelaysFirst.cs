using System.Globalization;
using System.Runtime.InteropServices;

namespace Islet.Isolates.Jailing;

/// <summary>
/// The threads of the server that relay requests run before its others: what tenants have it compute, in KV above all, is not
/// in their way. The server has no right to ask for that, so the jailer looks, as root. See docs/decisions/0034.
/// </summary>
internal sealed partial class RelaysFirst : IDisposable
{
    /// <summary>setpriority(2).</summary>
    const int Nice = -10;

    /// <summary>The runtime's name of threads on which sockets complete.</summary>
    const string Relays = ".NET Sockets";

    // a thread begins with the nice value of the one that made it, and relaying ones make workers
    static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    readonly string threads;
    readonly int others = NiceOf(0, 0);
    readonly Timer looking;

    /// <param name="server">Its process id; it must not be reused until this ends.</param>
    public RelaysFirst(int server)
    {
        threads = $"/proc/{server}/task";
        looking = new Timer(_ => Look(), null, LookAgain, LookAgain);
    }

    public void Dispose() => looking.Dispose();

    void Look()
    {
        try
        {
            foreach (var path in Directory.EnumerateDirectories(threads))
            {
                var thread = int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture);
                var (nice, wanted) = (NiceOf(0, thread), CommandOf(path) == Relays ? Nice : others);
                if (nice != wanted)
                    _ = SetNice(0, thread, wanted); // refused: as it was
            }
        }
        catch (IOException)
        {
            // the server has ended
        }
    }

    static string CommandOf(string thread)
    {
        try
        {
            return File.ReadAllText(thread + "/comm").TrimEnd();
        }
        catch (IOException)
        {
            return ""; // the thread has ended
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "getpriority")]
    private static partial int NiceOf(int kind, int thread);

    [LibraryImport("libc.so.6", EntryPoint = "setpriority")]
    private static partial int SetNice(int kind, int thread, int nice);
}

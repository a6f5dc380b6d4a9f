using System.Diagnostics;
using System.Globalization;
using Islet.Isolates.Linux;
using Islet.Isolates.Sandbox;

namespace Islet.Isolates.Jailing;

/// <summary>
/// The threads of the server that relay requests run before all others as long as they need little (<see cref="Credit"/>), and
/// before most when they need much: what tenants compute, or have the server compute, is not in their way. What is compiled
/// again in the background comes last, but for a least share. The server has no right to ask for that, so the jailer looks,
/// as root. See docs/decisions/0034 and 0035.
/// </summary>
internal sealed class RelaysFirst : IDisposable
{
    static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>Looks at the known relays until all threads are looked at: a thread begins with the nice value of the one that made it.</summary>
    const int Rounds = 20;

    readonly string threads;
    readonly int others = Scheduling.NiceOf(0);
    readonly Dictionary<int, Preferred> preferred = []; // by thread
    readonly Thread looking;
    volatile bool ending;

    /// <param name="server">Its process id; it must not be reused until this ends.</param>
    public RelaysFirst(int server)
    {
        threads = $"/proc/{server}/task";
        looking = new Thread(Look) { IsBackground = true, Name = "islet-relays" };
        looking.Start();
    }

    public void Dispose()
    {
        ending = true;
        looking.Join();
    }

    void Look()
    {
        Scheduling.TakeTurns(0, -10);
        var last = Stopwatch.GetTimestamp();
        for (var round = 1; !ending; round++)
        {
            Thread.Sleep(LookEvery); // the pace itself: looking is the whole work of this thread, and a timer would come by the pool, which is what may be late
            var now = Stopwatch.GetTimestamp();
            foreach (var (thread, one) in preferred)
                if (SecondsOf(thread) is { } total && one.Credit.Settle(Stopwatch.GetElapsedTime(last, now).TotalSeconds, total))
                    one.Prefer(thread);
            last = now;
            if (round % Rounds == 0)
                LookAtAll();
        }
    }

    void LookAtAll()
    {
        try
        {
            var there = new HashSet<int>();
            foreach (var path in Directory.EnumerateDirectories(threads))
            {
                var thread = int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture);
                there.Add(thread);
                LookAt(thread, TextOf(thread, "comm"));
            }
            foreach (var thread in preferred.Keys.Where(thread => !there.Contains(thread)).ToList())
                preferred.Remove(thread); // its number may be another's one day
        }
        catch (IOException)
        {
            // the server has ended
        }
    }

    void LookAt(int thread, string name)
    {
        if (preferred.TryGetValue(thread, out var known))
        {
            if (string.Equals(known.Name, name, StringComparison.Ordinal))
                return;
            preferred.Remove(thread);
        }
        if (Preferred.Of(name) is { } one)
        {
            one.Prefer(thread);
            preferred.Add(thread, one);
        }
        else
            Scheduling.TakeLongTurns(thread, others);
    }

    // The first word of its schedstat: nanoseconds on a processor (the kernel's document sched-stats).
    double? SecondsOf(int thread) =>
        long.TryParse(TextOf(thread, "schedstat").Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var nanoseconds) ? nanoseconds / 1e9 : null;

    string TextOf(int thread, string file)
    {
        try
        {
            return File.ReadAllText($"{threads}/{thread}/{file}").TrimEnd();
        }
        catch (IOException)
        {
            return ""; // the thread has ended, or the kernel does not count
        }
    }

    /// <summary>By the runtime's names of threads.</summary>
    sealed record Preferred(string Name, Credit Credit, Action<int> Rested, Action<int> Tired)
    {
        public static Preferred? Of(string name) => name switch
        {
            ".NET Sockets" or "islet-links" => new(name, new Credit(0.5, 0.05), FirstOrBefore, thread => Scheduling.TakeTurns(thread, -10)),
            ".NET Tiered Com" => new(name, new Credit(0.1, 0.02), thread => Scheduling.TakeLongTurns(thread, 0), Scheduling.GoLast),
            _ => null,
        };

        public void Prefer(int thread) => (Credit.Rested ? Rested : Tired)(thread);

        static void FirstOrBefore(int thread)
        {
            if (!Scheduling.GoFirst(thread))
                Scheduling.TakeTurns(thread, -10);
        }
    }
}

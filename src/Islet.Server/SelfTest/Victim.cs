using System.Diagnostics;
using System.Net.Sockets;

namespace Islet.Server.SelfTest;

/// <summary>A neighbour that does nothing but answer. It is asked all the time, by <see cref="PacedVisits"/>.</summary>
sealed class Victim(World world, bool onLoopback, string host, string answer) : IAsyncDisposable
{
    /// <summary>No answer for longer, and it is harmed. Generous: the machine may be busy with other things.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    static readonly TimeSpan Every = TimeSpan.FromMilliseconds(10);

    readonly CancellationTokenSource ending = new();
    readonly Lock guard = new();
    readonly List<(long At, double Milliseconds)> answers = [];
    string? harm;
    Task asking = Task.CompletedTask;
    readonly List<double> alone = [];
    readonly List<double> beside = [];
    readonly List<double> quiet = [];
    long measured;

    /// <summary>Measures it alone for a while, and goes on asking.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        var visits = new PacedVisits(Connect, host, answer, Every, Patience, Seen);
        asking = NetworkNamespace.InAsync(world.Place(onLoopback).Network, () =>
        {
            visits.Run(ending.Token);
            return true;
        });
        await Task.Delay(500, cancellation); // its first answers start it
        for (var times = 0; times < 2; times++)
            await MeasureAloneAsync(TimeSpan.Zero, cancellation);
    }

    /// <summary>
    /// Measures it again while nothing else is asked: the machine is another one now and then, and what the attacks are compared
    /// with has to be of the same time.
    /// </summary>
    /// <param name="age">Not when it was done so short a time ago.</param>
    public async Task MeasureAloneAsync(TimeSpan age, CancellationToken cancellation)
    {
        if (alone.Count > 0 && Stopwatch.GetElapsedTime(measured) < age)
            return;
        var begun = Stopwatch.GetTimestamp();
        await Task.Delay(1000, cancellation); // the measured time itself
        measured = Stopwatch.GetTimestamp();
        var p99 = P99(begun);
        if (double.IsNaN(p99))
            return;
        lock (guard)
        {
            alone.Add(p99);
            quiet.AddRange(Since(begun));
        }
    }

    /// <summary>A loud attack was under way since then.</summary>
    public void WasBeside(long begun)
    {
        lock (guard)
            beside.AddRange(Since(begun));
    }

    /// <summary>The same for all loud attacks together, whose single windows have too few answers to tell much.</summary>
    public double RatioOfAll
    {
        get
        {
            lock (guard)
                return P99(beside) / P99(quiet);
        }
    }

    /// <summary>p99 since then, the last second at least, in units of the median p99 alone.</summary>
    public double RatioSince(long begun) => P99(Math.Min(begun, Stopwatch.GetTimestamp() - Stopwatch.Frequency)) / AloneMilliseconds;

    /// <summary>The median of the newest five times it was measured alone.</summary>
    public double AloneMilliseconds
    {
        get
        {
            lock (guard)
                return alone.Count == 0 ? double.NaN : alone.TakeLast(5).Order().ElementAt(Math.Min(alone.Count, 5) / 2);
        }
    }

    /// <summary>What went wrong with an answer since the last call.</summary>
    public string? TakeHarm() => Interlocked.Exchange(ref harm, null);

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await asking;
        ending.Dispose();
    }

    double P99(long begun)
    {
        lock (guard)
            return P99(Since(begun));
    }

    IEnumerable<double> Since(long begun) => answers.Where(sample => sample.At >= begun).Select(sample => sample.Milliseconds);

    static double P99(IEnumerable<double> milliseconds)
    {
        var sorted = milliseconds.Order().ToList();
        return sorted.Count < 20 ? double.NaN : sorted[(int)(sorted.Count * 0.99)];
    }

    // on the thread of the visits, in their network
    Socket Connect()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(world.Place(onLoopback).Server);
        return socket;
    }

    void Seen(long due, TimeSpan took, string? wrong)
    {
        if (wrong is not null)
            harm = wrong;
        lock (guard)
            answers.Add((due, took.TotalMilliseconds));
    }
}

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
    readonly List<(long Due, double Milliseconds)> answers = [];
    string? harm;
    Task asking = Task.CompletedTask;

    public void Start()
    {
        var visits = new PacedVisits(Connect, host, answer, Every, Patience, Seen);
        asking = NetworkNamespace.InAsync(world.Place(onLoopback).Network, () =>
        {
            visits.Run(ending.Token);
            return true;
        });
    }

    /// <summary>What went wrong with an answer since the last call.</summary>
    public string? TakeHarm() => Interlocked.Exchange(ref harm, null);

    /// <summary>p99 of what is asked within the time, milliseconds.</summary>
    public async Task<double> P99Async(TimeSpan within, CancellationToken cancellation)
    {
        var begun = Stopwatch.GetTimestamp();
        await Task.Delay(within, cancellation); // the measured time itself
        lock (guard)
        {
            var seen = answers.Where(sample => sample.Due >= begun).Select(sample => sample.Milliseconds).Order().ToList();
            return seen.Count < within / Every / 2 ? double.PositiveInfinity : seen[(int)(seen.Count * 0.99)];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await asking;
        ending.Dispose();
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

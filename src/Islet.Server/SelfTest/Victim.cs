using System.Diagnostics;

namespace Islet.Server.SelfTest;

/// <summary>A neighbour that does nothing but answer. It is asked all the time, one request after the other.</summary>
sealed class Victim(HttpClient visitor, string host, string answer) : IAsyncDisposable
{
    /// <summary>No answer for longer, and it is harmed. Generous: the machine may be busy with other things.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    readonly CancellationTokenSource ending = new();
    readonly Lock guard = new();
    readonly List<(long At, double Milliseconds)> answers = [];
    string? harm;
    Task asking = Task.CompletedTask;
    double baseline = double.NaN;

    /// <summary>Measures it alone for a while, and goes on asking.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        asking = AskAsync();
        await Task.Delay(500, cancellation); // its first answers start it
        var begun = Stopwatch.GetTimestamp();
        await Task.Delay(2000, cancellation); // the measured time itself: enough answers for a p99
        baseline = P99(begun);
    }

    /// <summary>p99 since then, the last second at least, in units of the baseline.</summary>
    public double RatioSince(long begun) => P99(Math.Min(begun, Stopwatch.GetTimestamp() - Stopwatch.Frequency)) / baseline;

    public double BaselineMilliseconds => baseline;

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
        {
            var since = answers.Where(sample => sample.At >= begun).Select(sample => sample.Milliseconds).Order().ToList();
            return since.Count < 20 ? double.NaN : since[(int)(since.Count * 0.99)];
        }
    }

    async Task AskAsync()
    {
        while (!ending.IsCancellationRequested)
        {
            var begun = Stopwatch.GetTimestamp();
            if (await AskOnceAsync() is { } wrong)
                harm = wrong;
            lock (guard)
                answers.Add((begun, Stopwatch.GetElapsedTime(begun).TotalMilliseconds));
            await Task.Delay(Pause);
        }
    }

    async Task<string?> AskOnceAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
        patience.CancelAfter(Patience);
        try
        {
            using var request = Tenants.Request(host, "/");
            using var got = await visitor.SendAsync(request, patience.Token);
            var text = await got.Content.ReadAsStringAsync(patience.Token);
            return text == answer ? null : $"the victim answered {(int)got.StatusCode} {Short(text)}";
        }
        catch (OperationCanceledException)
        {
            return ending.IsCancellationRequested ? null : $"the victim did not answer within {Patience.TotalSeconds} s";
        }
        catch (HttpRequestException failure)
        {
            return $"the victim could not be asked: {failure.Message}";
        }
    }

    static string Short(string text) => text.Length > 80 ? text[..80] : text;
}

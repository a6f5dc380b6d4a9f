using System.Diagnostics;
using System.Globalization;

namespace Islet.Server.SelfTest;

/// <summary>
/// How much later the victim answers while a loud attack is made again and again: its p99 in units of that alone, measured right
/// before, each over the same time. A machine has its own bad moments: what is above the limit is measured again, and the best
/// of <see cref="Tries"/> counts.
/// </summary>
sealed class MeasureVictim(Victim victim, RunAttack run)
{
    /// <summary>What a neighbour must not exceed.</summary>
    public const double Most = 1.5;

    const int Tries = 3;
    static readonly TimeSpan Window = TimeSpan.FromSeconds(4);

    /// <summary>What an attack left behind it, such as an isolate that is replaced, is over by then.</summary>
    static readonly TimeSpan RestLimit = TimeSpan.FromSeconds(20);

    /// <summary>So many windows alone come first: one may be a bad moment itself.</summary>
    const int First = 3;

    readonly List<double> alone = []; // of all windows so far

    public async Task<BesideResult> RunAsync(Attack attack, Deployed deployed, CancellationToken cancellation)
    {
        while (alone.Count < First)
            alone.Add(await AloneAsync(cancellation));
        var best = new BesideResult(attack, double.NaN, double.PositiveInfinity, null);
        for (var times = 0; times < Tries && !(best.Ratio <= Most); times++)
        {
            alone.Add(await AloneAsync(cancellation));
            victim.TakeHarm();
            var beside = await BesideAsync(attack, deployed, cancellation);
            var measured = new BesideResult(attack, Math.Min(alone[^1], alone.Order().ElementAt(alone.Count / 2)), beside, victim.TakeHarm());
            if (measured.Harm is not null)
                return measured;
            if (times == 0 || measured.Ratio < best.Ratio)
                best = measured;
        }
        return best;
    }

    async Task<double> AloneAsync(CancellationToken cancellation)
    {
        await RestAsync(cancellation);
        return await victim.P99Async(Window, cancellation);
    }

    async Task<double> BesideAsync(Attack attack, Deployed deployed, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var attacking = run.AgainAndAgainAsync(attack, deployed, over.Token);
        try
        {
            return await victim.P99Async(Window, cancellation);
        }
        finally
        {
            await over.CancelAsync();
            await attacking;
        }
    }

    // Until the processors have little to do for a moment.
    static async Task RestAsync(CancellationToken cancellation)
    {
        var begun = Stopwatch.GetTimestamp();
        for (var before = IdleSeconds(); Stopwatch.GetElapsedTime(begun) < RestLimit;)
        {
            await Task.Delay(500, cancellation);
            var now = IdleSeconds();
            if (now - before > 0.4 * Environment.ProcessorCount)
                return;
            before = now;
        }
    }

    // Of all processors together: the second word of /proc/uptime (proc(5)).
    static double IdleSeconds() => double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[1], CultureInfo.InvariantCulture);
}

/// <param name="Alone">p99, milliseconds.</param>
/// <param name="Beside">The same while the attack goes on; infinite: it hardly answered.</param>
/// <param name="Harm">What was wrong with an answer.</param>
sealed record BesideResult(Attack Attack, double Alone, double Beside, string? Harm)
{
    public double Ratio => Beside / Alone;
}

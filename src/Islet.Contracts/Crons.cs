namespace Islet.Contracts;

/// <summary>A <c>Deno.cron</c> as a program registered it; hostile text, bounded.</summary>
/// <param name="Schedule">Five fields, not checked.</param>
/// <param name="Backoff">Milliseconds to wait before each further try of a run that failed, not checked; empty: no further try.</param>
public sealed record CronRegistration(string Name, string Schedule, IReadOnlyList<long> Backoff);

/// <param name="Problem">Why they are not all, for the program's author; null when they are.</param>
public sealed record CollectedCrons(IReadOnlyList<CronRegistration> Crons, string? Problem);

/// <summary>How a run of a cron ended.</summary>
/// <param name="Error">For the program's author; null when it succeeded.</param>
/// <param name="Lost">The isolate is gone, or no more to be spoken with; its lease may tell why.</param>
public readonly record struct CronEnd(string? Error, bool Lost = false)
{
    public static readonly CronEnd Succeeded;
}

/// <summary>Crons of isolates that run on this node. No more are taken of an isolate once its server listens.</summary>
public interface IIsolateCrons
{
    /// <summary>
    /// What the isolate registered until its server listened; waits until that is certain. Null when it has ended, or may
    /// have none: see <see cref="IsolateSpec.Crons"/>.
    /// </summary>
    Task<CollectedCrons?> CollectAsync(IsolateId isolate, CancellationToken cancellation);

    /// <summary>
    /// Runs a handler to its end. Cancelling gives up waiting, not the handler: until that ends, it is not run again in this
    /// isolate.
    /// </summary>
    /// <param name="traceparent">Trace that the handler belongs to, as of W3C Trace Context.</param>
    Task<CronEnd> RunAsync(IsolateId isolate, string name, string traceparent, CancellationToken cancellation);
}

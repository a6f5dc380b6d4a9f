using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Islet.ControlPlane.Storage;
using Islet.Contracts;

namespace Islet.ControlPlane.Logs;

/// <param name="Level">Free word of the build: <c>info</c>, <c>error</c> or <c>trace</c>.</param>
public sealed record BuildLogEntry(string Level, string Message);

/// <summary>
/// What the builds said, append-only. An entry is stored before <see cref="Append"/> returns and survives the death of
/// the process; a build that is resumed, or taken over by another node, appends to what is there. Readers follow until the
/// build has ended, whichever node has it.
/// </summary>
public sealed class BuildLogs(TelemetryDb telemetry, TimeProvider clock, Postgres? postgres = null)
{
    /// <summary>Bytes of UTF-8 that a message keeps.</summary>
    public const int MessageBytes = 8 * 1024;

    /// <summary>Entries of one deployment. The last <see cref="KeptForErrors"/> take errors only, so that the reason of a failure always fits.</summary>
    public const int MaxEntries = 10_000;

    internal const int KeptForErrors = 50;
    const int LevelBytes = 16;
    const int ReadAtOnce = 256;
    internal static readonly BuildLogEntry Full = new("info", "The build log is full: only errors follow.");

    /// <summary>How often an unfinished build is asked whether it has ended, should nobody ring.</summary>
    static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    /// <summary>The same for builds of other nodes, whose bells nobody hears here.</summary>
    static readonly TimeSpan AskOthersAgain = TimeSpan.FromMilliseconds(250);

    /// <summary>How long readers wait for <see cref="Complete"/> once the status says that the build has ended.</summary>
    static readonly TimeSpan CompletionGrace = TimeSpan.FromSeconds(10);

    /// <summary>The same for a build of another node, which may have been killed in between.</summary>
    static readonly TimeSpan RemoteGrace = TimeSpan.FromSeconds(3);

    readonly bool isShared = postgres is { IsUsed: true };
    readonly BuildLogTable table = postgres is { IsUsed: true } ? new SharedBuildLogTable(postgres, clock) : new LocalBuildLogTable(telemetry, clock);
    readonly BuildLogBells bells = new();
    readonly ConcurrentDictionary<DeploymentId, string?> open = new(); // builds of this process with their builders, from Begin to Complete

    /// <summary>
    /// A build begins in this process: readers stay until <see cref="Complete"/>, whatever the status says meanwhile.
    /// The first <see cref="Append"/> does the same for a build that did not say so.
    /// </summary>
    /// <param name="builder">Who has claimed it.</param>
    public void Begin(DeploymentId deployment, string? builder = null)
    {
        if (builder is null)
            open.TryAdd(deployment, null);
        else
            open[deployment] = builder;
    }

    /// <summary>
    /// Adds an entry; beyond the bounds it is cut or left out. Any thread; takes tens of microseconds, or as long as a
    /// batch of application lines when one is being stored.
    /// </summary>
    /// <exception cref="System.Data.Common.DbException">The database refused; nothing was added.</exception>
    public void Append(DeploymentId deployment, string level, string message)
    {
        var entry = new BuildLogEntry(BoundedText.Cut(level, LevelBytes), BoundedText.Cut(message, MessageBytes));
        Begin(deployment);
        table.Append(deployment, open.GetValueOrDefault(deployment), entry);
        bells.Ring(deployment);
    }

    /// <summary>
    /// No entry follows. Call it last, after the deployment's new status is committed and its routes are published:
    /// whoever sees the log end may rely on both. Calling it again does nothing.
    /// </summary>
    public void Complete(DeploymentId deployment)
    {
        if (open.TryGetValue(deployment, out var builder))
            MarkEnd(deployment, builder);
        Leave(deployment);
    }

    /// <summary>No entry of this process follows; another node goes on.</summary>
    public void Leave(DeploymentId deployment)
    {
        open.TryRemove(deployment, out _);
        bells.Ring(deployment);
    }

    /// <summary>Forgets the log of a deployment that was deleted.</summary>
    public void Delete(DeploymentId deployment)
    {
        table.Delete(deployment);
        Leave(deployment);
    }

    /// <summary>Ids of all deployments that have a log, one short search each.</summary>
    internal IEnumerable<string> List()
    {
        for (var deployment = table.Next(""); deployment is not null; deployment = table.Next(deployment))
            yield return deployment;
    }

    /// <summary>
    /// The entries from an index on, then those to come, until the build has ended and all was given.
    /// </summary>
    /// <param name="hasEnded">
    /// Tells from the deployment's status, not from memory, so that it is right after a restart. A build of this process
    /// must be completed as well.
    /// </param>
    public async IAsyncEnumerable<BuildLogEntry> ReadAsync(
        DeploymentId deployment,
        int fromIndex,
        Func<CancellationToken, ValueTask<bool>> hasEnded,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var bell = bells.Listen(deployment);
        long? endedAt = null;
        var ended = false;
        for (var index = fromIndex; ;)
        {
            // The order matters: what is appended after the look into the table rings the bell taken before it, and
            // what was appended before the end was seen is in the table.
            var rung = bell.Next;
            if (endedAt is null && await hasEnded(cancellation))
                endedAt = clock.GetTimestamp();
            var here = open.ContainsKey(deployment);
            var late = endedAt is { } moment && clock.GetElapsedTime(moment) > (here ? CompletionGrace : RemoteGrace);
            ended |= late || (endedAt is not null && !here && !isShared);
            var entries = table.Read(deployment, index, ReadAtOnce);
            foreach (var entry in entries)
                if (ReferenceEquals(entry, SharedBuildLogTable.End))
                    ended = true;
                else
                    yield return entry;
            index += entries.Count;
            if (entries.Count == ReadAtOnce)
                continue;
            if (late && isShared)
                MarkEnd(deployment, builder: null); // whoever reads it next need not wait
            if (ended)
                yield break;
            await WaitAsync(rung, isShared && !here ? AskOthersAgain : AskAgain, cancellation);
        }
    }

    void MarkEnd(DeploymentId deployment, string? builder)
    {
        if (!isShared)
            return;
        try
        {
            table.Append(deployment, builder, SharedBuildLogTable.End);
        }
        catch (System.Data.Common.DbException)
        {
            // readers go by the status then, a moment later
        }
    }

    async Task WaitAsync(Task rung, TimeSpan atMost, CancellationToken cancellation)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(rung, Task.Delay(atMost, clock, enough.Token));
        await enough.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
    }
}

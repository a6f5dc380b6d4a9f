using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using Islet.Contracts;
using Microsoft.Data.Sqlite;

namespace Islet.ControlPlane.Logs;

/// <param name="Level">Free word of the build: <c>info</c>, <c>error</c> or <c>trace</c>.</param>
public sealed record BuildLogEntry(string Level, string Message);

/// <summary>
/// What the builds said, append-only. An entry is stored before <see cref="Append"/> returns and survives the death of
/// the process; a build that is resumed appends to what is there. Readers follow until the build has ended.
/// </summary>
public sealed class BuildLogs(TelemetryDb telemetry, TimeProvider clock)
{
    /// <summary>Bytes of UTF-8 that a message keeps.</summary>
    public const int MessageBytes = 8 * 1024;

    /// <summary>Entries of one deployment. The last <see cref="KeptForErrors"/> take errors only, so that the reason of a failure always fits.</summary>
    public const int MaxEntries = 10_000;

    const int KeptForErrors = 50;
    const int LevelBytes = 16;
    const int ReadAtOnce = 256;
    static readonly BuildLogEntry Full = new("info", "The build log is full: only errors follow.");

    /// <summary>How often an unfinished build is asked whether it has ended, should nobody ring.</summary>
    static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    /// <summary>How long readers wait for <see cref="Complete"/> once the status says that the build has ended.</summary>
    static readonly TimeSpan CompletionGrace = TimeSpan.FromSeconds(10);

    readonly BuildLogBells bells = new();
    readonly ConcurrentDictionary<DeploymentId, byte> open = new(); // builds of this process, from Begin to Complete

    /// <summary>
    /// A build begins in this process: readers stay until <see cref="Complete"/>, whatever the status says meanwhile.
    /// The first <see cref="Append"/> does the same for a build that did not say so.
    /// </summary>
    public void Begin(DeploymentId deployment) => open.TryAdd(deployment, 0);

    /// <summary>
    /// Adds an entry; beyond the bounds it is cut or left out. Any thread; takes tens of microseconds, or as long as a
    /// batch of application lines when one is being stored.
    /// </summary>
    /// <exception cref="SqliteException">The disk refused; nothing was added.</exception>
    public void Append(DeploymentId deployment, string level, string message)
    {
        var entry = new BuildLogEntry(BoundedText.Cut(level, LevelBytes), BoundedText.Cut(message, MessageBytes));
        Begin(deployment);
        telemetry.Write((connection, transaction) => Insert(connection, transaction, deployment, entry));
        bells.Ring(deployment);
    }

    /// <summary>
    /// No entry follows. Call it last, after the deployment's new status is committed and its routes are published:
    /// whoever sees the log end may rely on both. Calling it again does nothing.
    /// </summary>
    public void Complete(DeploymentId deployment)
    {
        open.TryRemove(deployment, out _);
        bells.Ring(deployment);
    }

    /// <summary>Forgets the log of a deployment that was deleted.</summary>
    public void Delete(DeploymentId deployment)
    {
        telemetry.Write((connection, transaction) =>
        {
            using var delete = TelemetryDb.Command(connection, transaction, Statements.DeleteBuildEntries);
            delete.Parameters.AddWithValue("$deployment", deployment.Value);
            return delete.ExecuteNonQuery();
        });
        Complete(deployment);
    }

    /// <summary>Ids of all deployments that have a log, one short search each.</summary>
    internal IEnumerable<string> List()
    {
        using var reader = telemetry.OpenReader();
        using var next = TelemetryDb.Command(reader, null, Statements.NextBuildLog);
        var last = next.Parameters.AddWithValue("$last", "");
        while (next.ExecuteScalar() is string deployment)
        {
            yield return deployment;
            last.Value = deployment;
        }
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
        for (var index = fromIndex; ;)
        {
            // The order matters: what is appended after the look into the table rings the bell taken before it, and
            // what was appended before the end was seen is in the table.
            var rung = bell.Next;
            if (endedAt is null && await hasEnded(cancellation))
                endedAt = clock.GetTimestamp();
            var ended = endedAt is { } moment && (!open.ContainsKey(deployment) || clock.GetElapsedTime(moment) > CompletionGrace);
            var entries = Read(deployment, index);
            foreach (var entry in entries)
                yield return entry;
            index += entries.Count;
            if (entries.Count == ReadAtOnce)
                continue;
            if (ended)
                yield break;
            await WaitAsync(rung, cancellation);
        }
    }

    int Insert(SqliteConnection connection, SqliteTransaction transaction, DeploymentId deployment, BuildLogEntry entry)
    {
        using var read = TelemetryDb.Command(connection, transaction, Statements.CountBuildEntries);
        read.Parameters.AddWithValue("$deployment", deployment.Value);
        var position = TelemetryDb.Number(read);
        const int ordinary = MaxEntries - KeptForErrors - 1;
        if (position == ordinary)
            entry = entry.Level == "error" ? entry : Full;
        else if (position >= MaxEntries || (position > ordinary && entry.Level != "error"))
            return 0;

        using var insert = TelemetryDb.Command(connection, transaction, Statements.InsertBuildEntry);
        insert.Parameters.AddWithValue("$deployment", deployment.Value);
        insert.Parameters.AddWithValue("$position", position);
        insert.Parameters.AddWithValue("$time", clock.GetUtcNow().ToMicroseconds());
        insert.Parameters.AddWithValue("$level", entry.Level);
        insert.Parameters.AddWithValue("$message", Encoding.UTF8.GetBytes(entry.Message));
        return insert.ExecuteNonQuery();
    }

    List<BuildLogEntry> Read(DeploymentId deployment, int from)
    {
        using var reader = telemetry.OpenReader();
        using var select = TelemetryDb.Command(reader, null, Statements.ReadBuildEntries);
        select.Parameters.AddWithValue("$deployment", deployment.Value);
        select.Parameters.AddWithValue("$from", from);
        select.Parameters.AddWithValue("$count", ReadAtOnce);
        using var rows = select.ExecuteReader();
        var entries = new List<BuildLogEntry>();
        while (rows.Read())
            entries.Add(new BuildLogEntry(rows.GetString(0), Encoding.UTF8.GetString(rows.GetFieldValue<byte[]>(1))));
        return entries;
    }

    async Task WaitAsync(Task rung, CancellationToken cancellation)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(rung, Task.Delay(AskAgain, clock, enough.Token));
        await enough.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
    }
}

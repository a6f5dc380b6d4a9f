using System.Text;
using Islet.Contracts;
using Islet.Kv.Engine;
using Islet.Kv.Engine.Changes;
using Islet.Kv.Wire;
using Microsoft.Extensions.Logging;

namespace Islet.Kv.Backups;

/// <summary>
/// Copies one database: all entries once, page by page while it is written to, and every change since before the first page.
/// What both together make is the database as it was; so neither needs the other to stand still.
/// </summary>
sealed partial class BackUpDatabase : IAsyncDisposable
{
    const int PageBytes = 8 << 20;
    const long MostWaiting = 512 << 20;

    static readonly TimeSpan Gather = TimeSpan.FromSeconds(1);
    static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    readonly KvBackup backup;
    readonly KvDatabases databases;
    readonly S3Bucket bucket;
    readonly BackupNames names;
    readonly SemaphoreSlim turns;
    readonly TimeProvider time;
    readonly ILogger log;
    readonly SemaphoreSlim rung = new(1, 1);
    readonly CancellationTokenSource ended;
    readonly Task work;
    volatile string? problem;
    volatile bool active;

    /// <param name="turns">How many copy at once on this node.</param>
    public BackUpDatabase(KvBackup backup, KvDatabases databases, S3Bucket bucket, SemaphoreSlim turns, TimeProvider time, ILogger log)
    {
        (this.backup, this.databases, this.bucket, this.turns, this.time, this.log) = (backup, databases, bucket, turns, time, log);
        names = new(backup.Prefix);
        ended = new(backup.HeldFor ?? TimeSpan.Zero, time);
        work = Task.Run(RunAsync);
    }

    public KvBackup Backup => backup;

    public KvBackupState State => new(active, problem);

    /// <summary>It has ended by itself, because it was not held any longer.</summary>
    public bool IsOver => ended.IsCancellationRequested;

    /// <summary>It is this node's for so long from now on.</summary>
    public void Hold(TimeSpan time) => ended.CancelAfter(time);

    /// <summary>There are changes.</summary>
    public void Ring()
    {
        try
        {
            rung.Release();
        }
        catch (SemaphoreFullException)
        {
            // it is awake
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await work;
        ended.Dispose();
        rung.Dispose();
    }

    async Task RunAsync()
    {
        var pause = TimeSpan.Zero;
        while (problem is null && !ended.IsCancellationRequested)
            try
            {
                if (pause == TimeSpan.Zero)
                    await rung.WaitAsync(ended.Token);
                await Task.Delay(pause > Gather ? pause : Gather, time, ended.Token);
                await InTurnAsync(ended.Token);
                pause = TimeSpan.Zero;
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                return;
            }
            catch (S3Exception refused) when (refused.IsPermanent)
            {
                problem = refused.Message;
            }
            catch (Exception failure) // the network, the bucket, the disk: again
            {
                Log.NotCopied(log, backup.Database, failure.Message);
                pause = pause == TimeSpan.Zero ? Gather : pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        if (problem is not null)
            Log.Failed(log, backup.Database, problem);
    }

    async Task InTurnAsync(CancellationToken cancellation)
    {
        await turns.WaitAsync(cancellation);
        try
        {
            await using var changes = await databases.OpenChangesAsync(backup.Database, cancellation);
            await CopyAsync(changes, cancellation);
        }
        finally
        {
            turns.Release();
        }
    }

    async Task CopyAsync(ChangeLog changes, CancellationToken cancellation)
    {
        var recording = await BeginAsync(changes, cancellation);
        try
        {
            var segment = recording.Segment;
            if (!recording.IsBased)
            {
                await CopyEntriesAsync(changes, cancellation);
                var version = await changes.VersionAsync(cancellation);
                segment = await CopyChangesAsync(changes, segment, cancellation); // all up to that version at least
                await bucket.PutAsync(names.Differential, Encoding.ASCII.GetBytes(StampOf(version)), cancellation);
                await changes.SetBasedAsync(backup.Id, cancellation);
            }
            active = true;
            await CopyChangesAsync(changes, segment, cancellation);
        }
        catch (Exception failure) when (failure is not S3Exception { IsPermanent: true } && !cancellation.IsCancellationRequested)
        {
            if (await changes.WaitingAsync(cancellation) > MostWaiting)
                throw new S3Exception($"The bucket could not be reached for so long that more than {MostWaiting >> 20} MiB of changes wait", isPermanent: true);
            throw;
        }
    }

    async Task<Recording> BeginAsync(ChangeLog changes, CancellationToken cancellation)
    {
        if (await changes.FindAsync(cancellation) is { } found && found.Backup == backup.Id)
            return found;
        if (backup.WasActive)
            throw new S3Exception("The database does not know this backup any more: its file is an older one. Enable a new backup", isPermanent: true);
        foreach (var taken in (string[])[names.Differential, names.Snapshots, names.Logs])
            if ((await bucket.ListAsync(taken, all: false, cancellation)).Count > 0)
                throw new S3Exception("There is a backup under this prefix already: choose another prefix, or remove it", isPermanent: true);
        await changes.StartAsync(backup.Id, cancellation);
        return new(backup.Id, 1, IsBased: false);
    }

    async Task CopyEntriesAsync(ChangeLog changes, CancellationToken cancellation)
    {
        var begun = await changes.VersionAsync(cancellation);
        ReadOnlyMemory<byte> after = default;
        for (var number = 0L; await changes.PageAsync(after, PageBytes, cancellation) is { Count: > 0 } page; number++)
        {
            await bucket.PutAsync(names.Snapshot(begun, number), BackupMessages.Snapshot(page), cancellation);
            after = page[^1].Key;
        }
    }

    /// <summary>Until none wait.</summary>
    /// <returns>Number of the next part.</returns>
    async Task<long> CopyChangesAsync(ChangeLog changes, long number, CancellationToken cancellation)
    {
        while (await changes.NextAsync(cancellation) is { } segment)
        {
            await bucket.PutAsync(names.Log(number, segment.Rows[0], segment.Rows[^1]), BackupMessages.Log(segment), cancellation);
            await changes.ForgetAsync(backup.Id, segment, number++, cancellation);
        }
        return number;
    }

    static string StampOf(long version)
    {
        Span<byte> stamp = stackalloc byte[Versionstamp.Length];
        Versionstamp.Write(stamp, version);
        return Convert.ToHexStringLower(stamp);
    }

    static partial class Log
    {
        [LoggerMessage(6040, LogLevel.Warning, "The backup of KV database {Database} waits: {Problem}")]
        public static partial void NotCopied(ILogger log, Guid database, string problem);

        [LoggerMessage(6041, LogLevel.Warning, "The backup of KV database {Database} has failed: {Problem}")]
        public static partial void Failed(ILogger log, Guid database, string problem);
    }
}

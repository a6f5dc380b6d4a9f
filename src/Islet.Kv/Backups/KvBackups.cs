using System.Collections.Concurrent;
using Islet.Contracts;
using Islet.Kv.Engine;
using Microsoft.Extensions.Logging;

namespace Islet.Kv.Backups;

/// <inheritdoc cref="IKvBackups"/>
sealed partial class KvBackups : IKvBackups, IAsyncDisposable
{
    const int AtOnce = 4;

    readonly ConcurrentDictionary<Guid, BackUpDatabase> running = new(); // by database
    readonly ConcurrentDictionary<Guid, Guid> noted = new(); // databases with changes for a backup that is not made here
    readonly List<(Guid Database, Guid Backup)> doubtful = []; // noted before the list that comes next was read
    readonly KvDatabases databases;
    readonly TimeProvider time;
    readonly ILogger<KvBackups> log;
    readonly HttpClient http = S3Bucket.NewClient();
    readonly SemaphoreSlim turns = new(AtOnce);

    public KvBackups(KvDatabases databases, TimeProvider time, ILogger<KvBackups> log)
    {
        (this.databases, this.time, this.log) = (databases, time, log);
        databases.Recorded = Recorded;
    }

    /// <inheritdoc/>
    public async ValueTask SetAsync(IReadOnlyCollection<KvBackup> wanted, CancellationToken cancellation)
    {
        var ids = wanted.Select(backup => backup.Id).ToHashSet();
        var orphans = doubtful.Where(one => !ids.Contains(one.Backup)).ToList();
        doubtful.Clear();
        foreach (var (database, backup) in noted)
            if (noted.TryRemove(database, out _))
                doubtful.Add((database, backup));

        // 1 what this node makes
        var here = wanted.Where(backup => backup.HeldFor is not null).ToDictionary(backup => backup.Database);
        foreach (var (database, copy) in running)
            if (copy.IsOver || here.GetValueOrDefault(database)?.Id != copy.Backup.Id)
            {
                running.TryRemove(database, out _);
                await copy.DisposeAsync();
                if (!ids.Contains(copy.Backup.Id))
                    orphans.Add((database, copy.Backup.Id));
            }
        foreach (var (database, backup) in here)
            if (running.TryGetValue(database, out var copy))
                copy.Hold(backup.HeldFor!.Value);
            else
                running[database] = new(backup, databases, new(http, backup, time), turns, time, log);

        // 2 what others have written, and what nobody wants any more
        foreach (var (database, backup) in await databases.WithChangesAsync(cancellation))
            Recorded(database, backup);
        foreach (var (database, backup) in orphans)
            await StopAsync(database, backup, cancellation);
    }

    /// <inheritdoc/>
    public KvBackupState Find(Guid backup) => running.Values.FirstOrDefault(copy => copy.Backup.Id == backup)?.State ?? default;

    /// <inheritdoc/>
    public async ValueTask LeaveAsync()
    {
        databases.Recorded = null;
        foreach (var (database, copy) in running)
            if (running.TryRemove(database, out _))
                await copy.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        http.Dispose();
        turns.Dispose();
    }

    /// <summary>Maybe one that keeps changes for nobody: its backup was disabled in the moment in which a server ended.</summary>
    void Recorded(Guid database, Guid backup)
    {
        if (running.TryGetValue(database, out var copy) && copy.Backup.Id == backup)
            copy.Ring();
        else
            noted[database] = backup;
    }

    async ValueTask StopAsync(Guid database, Guid backup, CancellationToken cancellation)
    {
        try
        {
            await using var changes = await databases.OpenChangesAsync(database, cancellation);
            await changes.StopAsync(backup, cancellation);
        }
        catch (Exception problem) when (!cancellation.IsCancellationRequested)
        {
            Log.NotStopped(log, database, problem);
            noted[database] = backup;
        }
    }

    static partial class Log
    {
        [LoggerMessage(6042, LogLevel.Warning, "KV database {Database} still keeps changes for a backup that is over")]
        public static partial void NotStopped(ILogger log, Guid database, Exception problem);
    }
}

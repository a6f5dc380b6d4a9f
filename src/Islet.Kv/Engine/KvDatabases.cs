using System.Collections.Concurrent;
using Islet.Contracts;
using Islet.Kv.Engine.Changes;
using Islet.Kv.Engine.Postgres;
using Islet.Kv.Engine.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.Kv.Engine;

/// <summary>
/// The databases of this node by id, opened when somebody uses them and closed when nobody has for a while. Knows no tenant:
/// whoever asks has decided that the caller may.
/// </summary>
public sealed partial class KvDatabases : IAsyncDisposable
{
    const long SoonMilliseconds = 90_000;

    static readonly TimeSpan Sweep = TimeSpan.FromSeconds(15);

    readonly ConcurrentDictionary<Guid, Entry> entries = new();
    readonly KvOptions options;
    readonly IQueueListeners? listeners;
    readonly TimeProvider time;
    readonly ILogger<KvDatabases> log;
    readonly PostgresDatabases? postgres;
    readonly ConcurrentDictionary<Guid, long> asleep = new(); // closed, and when their next message is due
    readonly ITimer sweep;
    bool asked;

    public KvDatabases(IOptions<KvOptions> options, TimeProvider time, ILogger<KvDatabases> log, IQueueListeners? listeners = null)
    {
        (this.options, this.listeners, this.time, this.log) = (options.Value, listeners, time, log);
        if (options.Value.Postgres is { } address)
            postgres = new(address, Heard, log);
        sweep = time.CreateTimer(static self => ((KvDatabases)self!).CloseIdle(), this, Sweep, Sweep);
    }

    /// <summary>Opens it, makes it when it was never used. It stays open until the use is disposed, and some time longer.</summary>
    public async ValueTask<KvUse> OpenAsync(Guid id, CancellationToken cancellation)
    {
        while (true)
        {
            var entry = entries.GetOrAdd(id, static _ => new());
            if (entry.TryEnter())
                try
                {
                    return new(await entry.OpenAsync(this, id).WaitAsync(cancellation), entry, time);
                }
                catch
                {
                    entry.Leave(time);
                    throw;
                }
            await entry.Closed.WaitAsync(cancellation); // it is being closed: then once more
        }
    }

    /// <summary>Called after a commit to a file that has left changes for the backup, with both.</summary>
    internal Action<Guid, Guid>? Recorded { get; set; }

    /// <summary>Databases that any node has left changes in, and for which backup. Empty for files: see <see cref="Recorded"/>.</summary>
    internal async ValueTask<IReadOnlyList<(Guid Database, Guid Backup)>> WithChangesAsync(CancellationToken cancellation) =>
        postgres is not null ? await postgres.WithChangesAsync(cancellation) : [];

    internal async ValueTask<ChangeLog> OpenChangesAsync(Guid id, CancellationToken cancellation)
    {
        var use = await OpenAsync(id, cancellation);
        try
        {
            return use.Database.OpenChanges(use);
        }
        catch
        {
            use.Dispose();
            throw;
        }
    }

    internal async ValueTask<IReadOnlyList<Guid>> AllAsync(CancellationToken cancellation) =>
        postgres is not null ? await postgres.AllAsync(cancellation) : SqliteFiles.All(options.Directory);

    /// <summary>Files are asked once, after the start; then those that were closed with messages which are due soon.</summary>
    internal async ValueTask<IReadOnlyList<Guid>> WithMessagesAsync(CancellationToken cancellation) =>
        postgres is not null ? await postgres.WithMessagesAsync(cancellation)
        : Interlocked.Exchange(ref asked, true) ? Awaking()
        : SqliteFiles.All(options.Directory);

    internal ValueTask<long> SizeAsync(Guid id, CancellationToken cancellation) =>
        postgres?.SizeAsync(id, cancellation) ?? new(SqliteFiles.Size(SqliteFiles.PathOf(options.Directory, id)));

    /// <summary>Nobody may use it any more.</summary>
    internal async ValueTask RemoveAsync(Guid id, CancellationToken cancellation)
    {
        if (entries.TryGetValue(id, out var entry))
            await CloseAsync(id, entry);
        if (postgres is not null)
            await postgres.RemoveAsync(id, cancellation);
        else
            SqliteFiles.Remove(SqliteFiles.PathOf(options.Directory, id));
    }

    public async ValueTask DisposeAsync()
    {
        await sweep.DisposeAsync();
        foreach (var (id, entry) in entries)
            await CloseAsync(id, entry);
        if (postgres is not null)
            await postgres.DisposeAsync();
    }

    async Task<KvDatabase> MakeAsync(Guid id)
    {
        if (postgres is not null)
            return new(id, await postgres.OpenAsync(id), options.BytesPerSecond, listeners, time, log);
        Directory.CreateDirectory(options.Directory);
        return new(id, new SqliteStorage(SqliteFiles.PathOf(options.Directory, id)) { Recorded = backup => Recorded?.Invoke(id, backup) }, options.BytesPerSecond, listeners, time, log);
    }

    /// <summary>Another node has changed it.</summary>
    void Heard(Guid id)
    {
        if (entries.TryGetValue(id, out var entry) && entry.Open is { } database)
            database.Heard();
    }

    void CloseIdle()
    {
        var soon = Soon();
        foreach (var (id, entry) in entries)
            if (entry.TryRetire(time, options.CloseAfter, soon))
            {
                if (entry.Open is { NextDue: not long.MaxValue and var due })
                    asleep[id] = due;
                _ = CloseAsync(id, entry);
            }
    }

    List<Guid> Awaking()
    {
        var soon = Soon();
        var awaking = asleep.Where(one => one.Value <= soon).Select(one => one.Key).ToList();
        foreach (var id in awaking)
            asleep.TryRemove(id, out _);
        return awaking;
    }

    /// <summary>Sleepers are looked through more often than this.</summary>
    long Soon() => time.GetUtcNow().ToUnixTimeMilliseconds() + SoonMilliseconds;

    async Task CloseAsync(Guid id, Entry entry)
    {
        try
        {
            await entry.CloseAsync();
        }
        catch (Exception problem)
        {
            Log.NotClosed(log, id, problem);
        }
        finally
        {
            entries.TryRemove(new(id, entry));
            entry.SetClosed();
        }
    }

    /// <summary>An open database and how many use it.</summary>
    internal sealed class Entry
    {
        readonly Lock gate = new();
        readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<KvDatabase>? opening;
        int users;
        long lastUse;
        bool retired;

        public Task Closed => closed.Task;

        public KvDatabase? Open => Volatile.Read(ref opening) is { IsCompletedSuccessfully: true } open ? open.Result : null;

        public bool TryEnter()
        {
            lock (gate)
            {
                if (retired)
                    return false;
                users++;
                return true;
            }
        }

        public void Leave(TimeProvider time)
        {
            lock (gate)
            {
                users--;
                lastUse = time.GetTimestamp();
            }
        }

        public Task<KvDatabase> OpenAsync(KvDatabases owner, Guid id)
        {
            lock (gate)
                return opening is null || opening.IsFaulted ? opening = Task.Run(() => owner.MakeAsync(id)) : opening;
        }

        /// <summary>A database with a message that is due soon stays open: somebody has to see to it.</summary>
        public bool TryRetire(TimeProvider time, TimeSpan idle, long soon)
        {
            lock (gate)
            {
                if (retired || users > 0 || time.GetElapsedTime(lastUse) < idle
                    || (opening is { IsCompletedSuccessfully: true } open && open.Result.NextDue <= soon))
                    return false;
                return retired = true;
            }
        }

        public async Task CloseAsync()
        {
            lock (gate)
                retired = true;
            if (opening is { IsFaulted: false } open)
                await (await open).DisposeAsync();
        }

        public void SetClosed() => closed.TrySetResult();
    }

    static partial class Log
    {
        [LoggerMessage(6003, LogLevel.Error, "KV database {Database} could not be closed")]
        public static partial void NotClosed(ILogger log, Guid database, Exception problem);
    }
}

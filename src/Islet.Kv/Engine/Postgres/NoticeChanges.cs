using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Islet.Kv.Engine.Postgres;

/// <summary>
/// Tells the other nodes which databases have changed, and hears it from them: a few times a second for all databases
/// together, because a notice takes a lock that all commits of PostgreSQL share. Who missed one finds out at its next ping.
/// </summary>
sealed partial class NoticeChanges : IAsyncDisposable
{
    const string Channel = "islet_kv";
    const int NamedAtOnce = 200; // a payload has 8000 bytes at most

    static readonly TimeSpan TellEvery = TimeSpan.FromMilliseconds(20);
    static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    readonly NpgsqlDataSource source;
    readonly ILogger log;
    readonly Action<Guid> heard;
    readonly CancellationTokenSource ended = new();
    readonly ConcurrentDictionary<Guid, bool> changed = new();
    readonly SemaphoreSlim rung = new(0, 1);
    readonly Task work;

    /// <param name="heard">Called with a database that another node has changed, or this one.</param>
    public NoticeChanges(NpgsqlDataSource source, Action<Guid> heard, ILogger log)
    {
        (this.source, this.heard, this.log) = (source, heard, log);
        work = Task.WhenAll(Task.Run(TellAsync), Task.Run(ListenAsync));
    }

    public void Changed(Guid database)
    {
        changed[database] = true;
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

    Task TellAsync() => UntilEndedAsync(async () =>
    {
        await rung.WaitAsync(ended.Token);
        var names = changed.Keys.Take(NamedAtOnce).ToList();
        foreach (var name in names)
            changed.TryRemove(name, out _);
        await using var command = source.CreateCommand($"SELECT pg_notify('{Channel}', $1)");
        command.Parameters.Add(new() { Value = string.Join(',', names) });
        await command.ExecuteNonQueryAsync(ended.Token);
        if (!changed.IsEmpty)
            Changed(changed.Keys.First());
        await Task.Delay(TellEvery, ended.Token);
    });

    Task ListenAsync() => UntilEndedAsync(async () =>
    {
        await using var connection = await source.OpenConnectionAsync(ended.Token);
        connection.Notification += (_, notice) =>
        {
            foreach (var name in notice.Payload.Split(','))
                if (Guid.TryParseExact(name, "D", out var database))
                    heard(database);
        };
        await using (var listen = new NpgsqlCommand($"LISTEN {Channel}", connection))
            await listen.ExecuteNonQueryAsync(ended.Token);
        while (true)
            await connection.WaitAsync(ended.Token);
    });

    /// <summary>What goes wrong is tried again.</summary>
    async Task UntilEndedAsync(Func<Task> step)
    {
        while (!ended.IsCancellationRequested)
            try
            {
                await step();
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                return;
            }
            catch (Exception problem)
            {
                Log.NoNotices(log, problem.Message);
                await Task.Delay(Again, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
    }

    static partial class Log
    {
        [LoggerMessage(6020, LogLevel.Warning, "Notices of KV changes stopped: {Problem}")]
        public static partial void NoNotices(ILogger log, string problem);
    }
}

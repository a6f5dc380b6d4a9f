using System.Collections.Concurrent;
using Islet.ControlPlane.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Islet.ControlPlane.Tokens;

/// <summary>Writes when tokens were last used: once a minute and together, never while a request waits.</summary>
public sealed partial class TokenUses(IServiceScopeFactory scopes, TimeProvider time, ILogger<TokenUses> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Written by requests, emptied by the loop.</summary>
    readonly ConcurrentDictionary<Guid, DateTimeOffset> used = new();

    internal void Note(Guid token) => used[token] = time.GetUtcNow();

    internal async Task WriteAsync(CancellationToken cancellation)
    {
        if (used.IsEmpty)
            return;
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        foreach (var token in used.Keys)
            if (used.TryRemove(token, out var at))
                await db.Tokens.Where(row => row.Id == token)
                    .ExecuteUpdateAsync(row => row.SetProperty(t => t.LastUsedAt, (DateTimeOffset?)at), cancellation);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await TryWriteAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await TryWriteAsync(CancellationToken.None); // the last minute
        }
    }

    async Task TryWriteAsync(CancellationToken cancellation)
    {
        try
        {
            await WriteAsync(cancellation);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Log.NotWritten(logger, exception);
        }
    }

    static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Warning, "Last uses of tokens were not written")]
        public static partial void NotWritten(ILogger logger, Exception exception);
    }
}

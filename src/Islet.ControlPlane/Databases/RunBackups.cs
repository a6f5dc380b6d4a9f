using System.Security.Cryptography;
using System.Text;
using Islet.ControlPlane.Builds;
using Islet.ControlPlane.Secrets;
using Islet.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Databases;

/// <summary>Tells what copies databases which ones it shall, and writes down what became of them.</summary>
sealed partial class RunBackups(
    IKvBackups backups, SecretVault vault, IServiceScopeFactory scopes, IOptions<BuildsOptions> options, TimeProvider time, ILogger<RunBackups> logger) : BackgroundService
{
    static readonly TimeSpan AtMost = TimeSpan.FromSeconds(2);
    static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(5);

    readonly TimeSpan every = options.Value.Lease / 4 < AtMost ? options.Value.Lease / 4 : AtMost;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                Log.NotRun(logger, failure); // what runs goes on for as long as it is held
            }
            catch (OperationCanceledException)
            {
                break;
            }
            await Task.Delay(every, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await LeaveAsync();
    }

    async Task RunAsync(CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var claims = scope.ServiceProvider.GetRequiredService<ClaimBackups>();
        var asked = time.GetTimestamp();
        var all = await claims.TakeAsync(cancellation);
        var wanted = new List<KvBackup>();
        foreach (var (row, held, _) in all)
            try
            {
                var left = held - time.GetElapsedTime(asked);
                wanted.Add(Open(row) with { HeldFor = left > TimeSpan.Zero ? left : null });
            }
            catch (InvalidOperationException unreadable) // the key of secrets is another one
            {
                Log.NotOpened(logger, row.DatabaseId, unreadable.Message);
                await claims.TellAsync(row.Id, "The secret access key cannot be read any more", cancellation);
            }
        await backups.SetAsync(wanted, cancellation);
        foreach (var (row, _, isToGive) in all)
            if (isToGive)
                await claims.ReleaseAsync(row.Id, cancellation);
            else if (backups.Find(row.Id) is { Problem: { } problem })
                await claims.TellAsync(row.Id, problem, cancellation);
            else if (row.Status == BackupStatus.Pending && backups.Find(row.Id).IsActive)
                await claims.TellAsync(row.Id, null, cancellation);
    }

    KvBackup Open(DatabaseBackup row)
    {
        var secret = vault.Open(row.SealedSecret, DatabaseBackups.Belonging(row.Id, row.Endpoint), $"The secret key of backup {row.Id}");
        var backup = new KvBackup(
            row.Id, row.DatabaseId, row.Endpoint, row.Bucket, row.Region, row.AccessKeyId, Encoding.UTF8.GetString(secret), row.Prefix,
            row.Status == BackupStatus.Active);
        CryptographicOperations.ZeroMemory(secret);
        return backup;
    }

    async Task LeaveAsync()
    {
        try
        {
            using var grace = new CancellationTokenSource(StopGrace, time);
            await backups.LeaveAsync();
            await using var scope = scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<ClaimBackups>().ReleaseAsync(grace.Token);
        }
        catch (Exception failure)
        {
            Log.NotRun(logger, failure); // the claims run out by themselves
        }
    }

    static partial class Log
    {
        [LoggerMessage(2804, LogLevel.Error, "Backups of KV databases could not be looked after")]
        public static partial void NotRun(ILogger logger, Exception failure);

        [LoggerMessage(2805, LogLevel.Error, "The backup of KV database {Database} has failed: {Problem}")]
        public static partial void NotOpened(ILogger logger, Guid database, string problem);
    }
}

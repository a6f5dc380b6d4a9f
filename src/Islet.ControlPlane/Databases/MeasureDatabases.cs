using Islet.ControlPlane.Limits;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Islet.ControlPlane.Databases;

/// <summary>
/// Looks from time to time what the KV databases hold: for the analytics, for the limit <c>kvBytes</c> of organizations, and
/// to remove those whose organization is gone.
/// </summary>
sealed partial class MeasureDatabases(
    IKvStores stores, IUsageSink usage, IServiceScopeFactory scopes, TimeProvider time, ILogger<MeasureDatabases> logger) : BackgroundService
{
    /// <summary>A full organization may write for as long as this before it is noticed.</summary>
    static readonly TimeSpan Every = TimeSpan.FromSeconds(15);

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
                Log.NotMeasured(logger, failure); // measured again
            }
            await Task.Delay(Every, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    internal async Task RunAsync(CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        var used = await stores.AllAsync(cancellation); // before the rows, so that none is new
        var owners = await db.Databases.AsNoTracking().ToDictionaryAsync(row => row.Id, row => row.OrganizationId, cancellation);
        var totals = new Dictionary<OrganizationId, long>();
        foreach (var database in used)
        {
            if (!owners.TryGetValue(database, out var owner))
            {
                await stores.RemoveAsync(database, cancellation);
                continue;
            }
            var size = await stores.SizeAsync(database, cancellation);
            totals[owner] = totals.GetValueOrDefault(owner) + size;
            usage.Add(new UsageSample(owner, new(database), 0, 0, 0, 0, 0, 0) { KvStorage = size });
        }
        stores.SetFull(await FullAsync(db, totals, cancellation));
    }

    static async Task<HashSet<OrganizationId>> FullAsync(IsletDb db, Dictionary<OrganizationId, long> totals, CancellationToken cancellation)
    {
        var full = new HashSet<OrganizationId>();
        foreach (var (organization, bytes) in totals)
            if ((await EffectiveLimits.ReadAsync(db, organization, null, cancellation)).KvBytes is > 0 and var most && bytes >= most)
                full.Add(organization);
        return full;
    }

    static partial class Log
    {
        [LoggerMessage(2803, LogLevel.Error, "KV databases could not be measured")]
        public static partial void NotMeasured(ILogger logger, Exception failure);
    }
}

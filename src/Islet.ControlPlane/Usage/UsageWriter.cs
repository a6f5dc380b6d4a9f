using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Islet.ControlPlane.Usage;

/// <summary>
/// Brings the sums of the intake to their rows, one transaction a batch; a crash loses what came since. Stopping stores
/// what waits. Old rows are forgotten.
/// </summary>
sealed partial class UsageWriter(UsageIntake intake, IServiceScopeFactory scopes, TimeProvider time, ILogger<UsageWriter> logger) : BackgroundService
{
    static readonly TimeSpan Every = TimeSpan.FromSeconds(3);
    static readonly TimeSpan ForgetEvery = TimeSpan.FromHours(1);

    /// <summary>How long rows are kept.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(90);

    /// <summary>Stores what waits.</summary>
    public async Task WriteAsync(CancellationToken cancellation)
    {
        var taken = intake.Take();
        if (taken.Count == 0)
            return;
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            await StoreAsync(scope.ServiceProvider.GetRequiredService<IsletDb>(), taken, cancellation);
        }
        catch (Exception failure)
        {
            // the disk is full, the database is away, or another node made the same row first: once more with the next batch
            intake.PutBack(taken);
            if (!cancellation.IsCancellationRequested)
                Log.NotStored(logger, failure, taken.Count);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await WriteAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var forgotten = DateTimeOffset.MinValue;
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Every, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stoppingToken.IsCancellationRequested)
                return; // the last batch is StopAsync's
            await WriteAsync(stoppingToken);
            if (time.GetUtcNow() - forgotten >= ForgetEvery)
                forgotten = await ForgetAsync(stoppingToken);
        }
    }

    static async Task StoreAsync(
        IsletDb db, Dictionary<(ProjectId Project, DateTimeOffset Quarter), UsageSample> taken, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        foreach (var ((project, quarter), sample) in taken)
            if (!await AddToAsync(db, project, quarter, sample, cancellation)
                && await db.Organizations.AnyAsync(row => row.Id == sample.Organization, cancellation))
                db.Usage.Add(RowOf(quarter, sample));
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>By the database, so that several nodes can add to a row.</summary>
    static async Task<bool> AddToAsync(IsletDb db, ProjectId project, DateTimeOffset quarter, UsageSample sample, CancellationToken cancellation)
    {
        var (cpu, uptime) = (sample.Cpu / TimeSpan.TicksPerMicrosecond, sample.Uptime / TimeSpan.TicksPerMicrosecond);
        return await db.Usage.Where(row => row.ProjectId == project && row.Time == quarter).ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.Requests, row => row.Requests + sample.Requests)
                .SetProperty(row => row.CpuMicroseconds, row => row.CpuMicroseconds + cpu)
                .SetProperty(row => row.UptimeMicroseconds, row => row.UptimeMicroseconds + uptime)
                .SetProperty(row => row.MaxRss, row => row.MaxRss < sample.MaxRss ? sample.MaxRss : row.MaxRss)
                .SetProperty(row => row.Ingress, row => row.Ingress + sample.Ingress)
                .SetProperty(row => row.Egress, row => row.Egress + sample.Egress)
                .SetProperty(row => row.KvReads, row => row.KvReads + sample.KvReads)
                .SetProperty(row => row.KvWrites, row => row.KvWrites + sample.KvWrites)
                .SetProperty(row => row.KvReadUnits, row => row.KvReadUnits + sample.KvReadUnits)
                .SetProperty(row => row.KvWriteUnits, row => row.KvWriteUnits + sample.KvWriteUnits)
                .SetProperty(row => row.KvStorage, row => row.KvStorage < sample.KvStorage ? sample.KvStorage : row.KvStorage),
            cancellation) == 1;
    }

    static UsageRow RowOf(DateTimeOffset quarter, in UsageSample sample) => new()
    {
        OrganizationId = sample.Organization,
        ProjectId = sample.Project,
        Time = quarter,
        Requests = sample.Requests,
        CpuMicroseconds = sample.Cpu / TimeSpan.TicksPerMicrosecond,
        UptimeMicroseconds = sample.Uptime / TimeSpan.TicksPerMicrosecond,
        MaxRss = sample.MaxRss,
        Ingress = sample.Ingress,
        Egress = sample.Egress,
        KvReads = sample.KvReads,
        KvWrites = sample.KvWrites,
        KvReadUnits = sample.KvReadUnits,
        KvWriteUnits = sample.KvWriteUnits,
        KvStorage = sample.KvStorage,
    };

    async Task<DateTimeOffset> ForgetAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var oldest = UsageQuarters.Of(now - Retention);
            await scope.ServiceProvider.GetRequiredService<IsletDb>().Usage.Where(row => row.Time < oldest).ExecuteDeleteAsync(cancellation);
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            Log.NotForgotten(logger, failure);
        }
        return now;
    }

    static partial class Log
    {
        [LoggerMessage(2500, LogLevel.Error, "Usage of {Count} projects could not be stored and waits")]
        public static partial void NotStored(ILogger logger, Exception failure, int count);

        [LoggerMessage(2501, LogLevel.Error, "Old usage could not be forgotten")]
        public static partial void NotForgotten(ILogger logger, Exception failure);
    }
}

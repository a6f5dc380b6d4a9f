using Islet.Contracts;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;

namespace Islet.ControlPlane.Logs;

/// <summary>
/// Brings records of all deployments of this node to telemetry.db in batches, one transaction each. What does not fit is
/// told once a second. Stopping stores what waits.
/// </summary>
public abstract class TelemetryWriter<T> : BackgroundService
    where T : struct
{
    const int BatchRecords = 10_000;
    static readonly TimeSpan ReportDropsEvery = TimeSpan.FromSeconds(1);
    static readonly TimeSpan RestAfterFailure = TimeSpan.FromSeconds(1);

    readonly TelemetryDb telemetry;
    long lastReport; // the writing loop's

    private protected TelemetryWriter(TelemetryIntake<T> intake, TelemetryDb telemetry, LogsOptions options, TimeProvider clock)
    {
        (Intake, this.telemetry, Options, Clock) = (intake, telemetry, options, clock);
        lastReport = clock.GetTimestamp();
    }

    private protected TelemetryIntake<T> Intake { get; }

    private protected LogsOptions Options { get; }

    private protected TimeProvider Clock { get; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The first record of a quiet time is stored at once; those that come while it rests share the next transaction.
        while (!stoppingToken.IsCancellationRequested)
        {
            Task arrival = Intake.HasDrops ? Task.CompletedTask : Intake.WaitAsync(stoppingToken).AsTask();
            await arrival.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var rest = StoreBatch(reportDropsNow: false);
            await Task.Delay(rest, Clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Stores what waits, also when the loop had no time to begin.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (ExecuteTask is { IsCompleted: false })
            return; // told to hurry while a batch is under way: two must not take from the queue
        while (StoreBatch(reportDropsNow: true) == TimeSpan.Zero)
        {
        }
    }

    /// <summary>Within one transaction, whose end is the caller's. Gives the number of rows.</summary>
    internal abstract int Store(
        SqliteConnection connection, SqliteTransaction transaction, List<T> batch, IReadOnlyList<(DeploymentId Deployment, long Count)> drops);

    protected abstract void TellLost(int count, Exception failure);

    /// <summary>Stores what waits, up to a batch, and tells how long to rest before the next one.</summary>
    TimeSpan StoreBatch(bool reportDropsNow)
    {
        var batch = new List<T>();
        Intake.Take(batch, BatchRecords);
        var taken = batch.Count;
        var drops = TakeDueDrops(reportDropsNow);
        if (taken == 0 && drops.Count == 0)
            return Options.Gather;

        try
        {
            telemetry.Write((connection, transaction) => Store(connection, transaction, batch, drops));
            return taken == BatchRecords ? TimeSpan.Zero : Options.Gather;
        }
        catch (Exception failure)
        {
            // The disk is full or the file is broken: the node works on, and tells the tenants when it can again.
            foreach (var record in batch)
                Intake.CountDropped(record);
            foreach (var (deployment, count) in drops)
                Intake.CountDropped(deployment, count);
            TellLost(taken, failure);
            return RestAfterFailure;
        }
    }

    IReadOnlyList<(DeploymentId Deployment, long Count)> TakeDueDrops(bool now)
    {
        if (!now && Clock.GetElapsedTime(lastReport) < ReportDropsEvery)
            return [];
        lastReport = Clock.GetTimestamp();
        return Intake.TakeDrops();
    }
}

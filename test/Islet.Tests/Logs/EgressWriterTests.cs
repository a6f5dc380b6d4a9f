using Islet.Contracts;
using Islet.ControlPlane.Egress;
using Islet.ControlPlane.Logs;
using Microsoft.Extensions.Logging.Abstractions;

namespace Islet.Tests.Logs;

/// <summary>Egress records on a real telemetry.db.</summary>
public sealed class EgressWriterTests : IDisposable
{
    static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    readonly string directory = Directory.CreateTempSubdirectory("islet-egress-").FullName;
    readonly SetClock clock = new(Noon);
    readonly LogsOptions options;
    readonly TelemetryDb telemetry;
    readonly EgressWriter writer;
    readonly EgressSearch search;

    public EgressWriterTests()
    {
        options = new() { TelemetryPath = Path.Combine(directory, "telemetry.db"), QueuedEgressRecords = 10, QueuedEgressRecordsPerDeployment = 3 };
        telemetry = new(options);
        writer = new(telemetry, options, clock, NullLogger<EgressWriter>.Instance);
        search = new(telemetry, options, clock);
    }

    public void Dispose()
    {
        writer.Dispose();
        search.Dispose();
        telemetry.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_flood_of_one_deployment_costs_no_other_a_record()
    {
        for (var index = 0; index < 1000; index++)
            Write(LogRoom.Mine, Noon);
        Write(LogRoom.Other, Noon);
        await StoreAsync();

        (await FindAsync(LogRoom.Mine)).Count.ShouldBe(3);
        (await FindAsync(LogRoom.Other)).Count.ShouldBe(1);
        var totals = await search.SumAsync(LogRoom.Mine, default);
        totals.Dropped.ShouldBe(997);
        totals.Rules.ShouldHaveSingleItem().Refused.ShouldBe(3);
        (await search.SumAsync(LogRoom.Other, default)).Dropped.ShouldBe(0);
    }

    [Fact]
    public async Task What_the_disk_refuses_is_counted_once_it_takes_again()
    {
        Write(LogRoom.Mine, Noon);
        telemetry.Write((connection, transaction) =>
        {
            TelemetryDb.Run(connection, transaction, $"CREATE TABLE {LogDay.Of(Noon.ToMicroseconds()).TableOf(LogDay.Egress)} (x)");
            return 0;
        });
        await StoreAsync();
        telemetry.Write((connection, transaction) =>
        {
            TelemetryDb.Run(connection, transaction, Statements.DropDay(LogDay.Of(Noon.ToMicroseconds()), LogDay.Egress));
            return 0;
        });
        await StoreAsync();

        (await search.SumAsync(LogRoom.Mine, default)).Dropped.ShouldBe(1);
    }

    [Fact]
    public async Task Days_are_forgotten_with_those_of_the_logs()
    {
        Write(LogRoom.Mine, Noon);
        Write(LogRoom.Mine, Noon.AddDays(1));
        await StoreAsync();
        var retention = new LogRetention(telemetry, options, clock, NullLogger<LogRetention>.Instance);

        clock.Now = Noon + options.Retention;
        retention.DropExpired().ShouldBe(0);
        (await FindAsync(LogRoom.Mine)).Count.ShouldBe(2);
        clock.Now = Noon + options.Retention + TimeSpan.FromDays(1);
        retention.DropExpired().ShouldBe(1);

        (await FindAsync(LogRoom.Mine)).ShouldHaveSingleItem().Time.ShouldBe(Noon.AddDays(1));
        (await search.SumAsync(LogRoom.Mine, default)).Rules.ShouldHaveSingleItem().Refused.ShouldBe(1);
        using var reader = telemetry.OpenReader();
        using var snapshot = reader.BeginTransaction(deferred: true);
        foreach (var kind in (string[])[LogDay.Egress, LogDay.EgressTotals])
            TelemetryDb.ListDays(reader, snapshot, kind).Count.ShouldBe(1, kind);
    }

    [Fact]
    public async Task A_long_search_is_continued_by_its_cursor()
    {
        options.ScannedLines = 2;
        Write(LogRoom.Mine, Noon, EgressVerdict.Allowed);
        Write(LogRoom.Mine, Noon);
        Write(LogRoom.Mine, Noon);
        await StoreAsync();

        var page = await search.FindAsync(Query(LogRoom.Mine, verdicts: 1 << (int)EgressVerdict.Allowed), default);
        page.Records.ShouldBeEmpty();
        page.Next.ShouldNotBeNull();
        page = await search.FindAsync(Query(LogRoom.Mine, verdicts: 1 << (int)EgressVerdict.Allowed) with { After = page.Next }, default);
        page.Records.ShouldHaveSingleItem();
        page.Next.ShouldBeNull();
    }

    void Write(DeploymentId deployment, DateTimeOffset time, EgressVerdict verdict = EgressVerdict.Refused) =>
        writer.Write(new(deployment, time, verdict, "10.0.0.1:80", null, "private-address", 0, 0));

    async Task StoreAsync()
    {
        await writer.StartAsync(default);
        await writer.StopAsync(default);
    }

    async Task<IReadOnlyList<EgressRecord>> FindAsync(DeploymentId deployment) => (await search.FindAsync(Query(deployment), default)).Records;

    static EgressQuery Query(DeploymentId deployment, int verdicts = 0) =>
        new(deployment, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue, verdicts, 1000, Descending: true, After: null);
}

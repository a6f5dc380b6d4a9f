using Islet.Contracts;
using Islet.ControlPlane.Crons;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Storage;
using Islet.Tests.Logs;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.ControlPlane;

/// <summary>What is due is run once, without overlap, and only of the deployment that is production. A test is the clock.</summary>
public sealed class CronClockTests : IAsyncLifetime
{
    static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 10, TimeSpan.Zero);

    readonly ControlPlaneDirectory directory = new();
    readonly SetClock time = new(Noon);
    readonly ToldCrons isolates = new();
    ServiceProvider control = null!;
    Tenant tenant = null!;

    public async ValueTask InitializeAsync()
    {
        control = await StartAsync();
        tenant = await Tenant.FirstAsync(control);
    }

    public async ValueTask DisposeAsync()
    {
        await control.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task A_moment_that_is_due_is_run_once_however_many_look()
    {
        await DeployAsync(new CronRegistration("minutely", "* * * * *", []), new CronRegistration("yearly", "0 0 1 1 *", []));
        await TickAsync();
        isolates.Waiting.ShouldBe(0, "none is due yet");

        time.Now = Noon.AddSeconds(50);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(TickAsync)));

        var handler = await isolates.NextAsync();
        (handler.Name, isolates.Waiting, isolates.Inside).ShouldBe(("minutely", 0, 1));
        handler.Succeed();
        var run = await EndedAsync();
        (run.Status, run.Attempts, run.DueAt, run.Error).ShouldBe((CronRunStatus.Succeeded, 1, Noon.AddSeconds(50), null));
        handler.Traceparent.ShouldStartWith($"00-{run.Id:N}-");
        isolates.Inside.ShouldBe(0);
        (await ListAsync())[0].NextRunAt.ShouldBe(Noon.AddSeconds(110));
    }

    [Fact]
    public async Task A_moment_that_comes_while_it_runs_or_waits_for_another_try_is_left_out()
    {
        await DeployAsync(new CronRegistration("minutely", "* * * * *", [400]));
        await TickAsync();
        time.Now = Noon.AddMinutes(1);
        await TickAsync();
        var first = await isolates.NextAsync();

        time.Now = Noon.AddMinutes(2);
        await TickAsync();
        first.Fail();
        (await RunNowAsync("minutely")).Refusal!.Code.ShouldBe(RefusalCode.Conflict);
        (await isolates.NextAsync()).Succeed();
        var run = await EndedAsync();
        (run.Status, run.Attempts, run.Error, isolates.Waiting).ShouldBe((CronRunStatus.Succeeded, 2, null, 0));

        time.Now = Noon.AddMinutes(3);
        await TickAsync();
        (await isolates.NextAsync()).Fail();
        (await isolates.NextAsync()).Fail("again");
        await Eventually.HoldsAsync(async () => (await RunsAsync()).All(row => row.EndedAt is not null));
        var last = (await RunsAsync())[0];
        (last.Status, last.Attempts, last.Error).ShouldBe((CronRunStatus.Failed, 2, "again"));
        (await RunsAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_was_missed_is_not_made_up_for()
    {
        await DeployAsync(new CronRegistration("minutely", "* * * * *", []));
        await TickAsync();

        time.Now = Noon.AddMinutes(10);
        await TickAsync();
        isolates.Waiting.ShouldBe(0);
        (await RunsAsync()).ShouldBeEmpty();
        (await ListAsync())[0].NextRunAt.ShouldBe(Noon.AddMinutes(10).AddSeconds(50));

        time.Now = Noon.AddMinutes(11);
        await TickAsync();
        (await isolates.NextAsync()).Succeed();
        await EndedAsync();
    }

    [Fact]
    public async Task A_run_whose_node_was_killed_or_fell_silent_has_failed()
    {
        await DeployAsync(new CronRegistration("a", "* * * * *", []), new CronRegistration("b", "* * * * *", []));
        await TickAsync();
        time.Now = Noon.AddMinutes(1);
        await TickAsync();
        await isolates.NextAsync();
        await isolates.NextAsync();
        await UseAsync<IsletDb>(db => db.CronRuns.Where(run => run.Name == "a").ExecuteUpdateAsync(run => run
            .SetProperty(r => r.Node, "another").SetProperty(r => r.HeardAt, DateTimeOffset.UnixEpoch)));
        await UseAsync<IsletDb>(async db => // one of this node whose end could not be written
        {
            var run = await db.CronRuns.AsNoTracking().SingleAsync(row => row.Name == "b");
            db.CronRuns.Add(new()
            {
                Id = Guid.NewGuid(), ProjectId = tenant.Project, Name = "c", DeploymentId = run.DeploymentId, StartedAt = Noon,
                Status = CronRunStatus.Running, Attempts = 1, Node = run.Node, HeardAt = DateTimeOffset.UnixEpoch,
            });
            await db.SaveChangesAsync();
        });

        await TickAsync();
        (await RunsAsync("a"))[0].Error.ShouldBe("The server that ran it was lost");
        (await RunsAsync("c"))[0].Status.ShouldBe(CronRunStatus.Failed);
        (await RunsAsync("b"))[0].Status.ShouldBe(CronRunStatus.Running);

        await UseAsync<ClaimCronRuns>(claims => claims.ReleaseAsync(default));
        (await RunsAsync("b"))[0].Error.ShouldBe("The server ended while it ran");
    }

    [Fact]
    public async Task Crons_follow_the_host_of_the_project()
    {
        var cron = new CronRegistration("minutely", "* * * * *", []);
        var production = await DeployAsync(["{project.name}", "{project.name}-{deployment.id}"], cron);
        var newer = await DeployAsync(cron);
        await TickAsync();
        (await ListAsync()).ShouldHaveSingleItem().Deployment.ShouldBe(production);
        time.Now = Noon.AddMinutes(1);
        await TickAsync();
        (await isolates.NextAsync()).Succeed();
        (await EndedAsync()).DeploymentId.ShouldBe(production);

        await UseAsync<AttachDomain>(attach => attach.RunAsync(tenant.Caller, newer, "{project.name}.localhost", default));
        await TickAsync();
        time.Now = Noon.AddMinutes(2);
        await TickAsync();
        (await isolates.NextAsync()).Succeed();
        await Eventually.HoldsAsync(async () => (await RunsAsync()) is [{ EndedAt: not null } newest, _] && newest.DeploymentId == newer);

        await tenant.DeleteAsync(newer);
        await TickAsync();
        (await ListAsync())[0].Deployment.ShouldBe(production);
        await tenant.DeleteAsync(production);
        await TickAsync();
        (await ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_replaced_deployment_gets_no_further_tries()
    {
        var cron = new CronRegistration("minutely", "* * * * *", [300, 300]);
        await DeployAsync(cron);
        await TickAsync();
        time.Now = Noon.AddMinutes(1);
        await TickAsync();
        var handler = await isolates.NextAsync();
        await DeployAsync(cron);

        handler.Fail();

        (await EndedAsync()).Attempts.ShouldBe(1);
        isolates.Waiting.ShouldBe(0);
    }

    [Fact]
    public async Task History_is_bounded_and_forgotten_with_age()
    {
        await DeployAsync(new CronRegistration("minutely", "* * * * *", []));
        await TickAsync();
        await UseAsync<IsletDb>(async db =>
        {
            var deployment = (await db.Crons.SingleAsync()).DeploymentId;
            for (var n = 0; n < ClaimCronRuns.KeptRuns + 5; n++)
                db.CronRuns.Add(new()
                {
                    Id = Guid.NewGuid(), ProjectId = tenant.Project, Name = "minutely", DeploymentId = deployment, StartedAt = Noon.AddMinutes(-n), EndedAt = Noon,
                    Status = CronRunStatus.Succeeded, Attempts = 1, Node = "x", HeardAt = Noon,
                });
            await db.SaveChangesAsync();
        });

        time.Now = Noon.AddMinutes(1);
        await TickAsync();
        (await isolates.NextAsync()).Succeed();
        await Eventually.HoldsAsync(async () => await UseAsync<IsletDb, int>(db => db.CronRuns.CountAsync()) == ClaimCronRuns.KeptRuns);

        time.Now = Noon.AddDays(40);
        await TickAsync();
        (await RunsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Runs_under_way_when_the_server_stops_have_failed()
    {
        await DeployAsync(new CronRegistration("minutely", "* * * * *", [60_000]));
        await TickAsync();
        time.Now = Noon.AddMinutes(1);
        await TickAsync();
        await isolates.NextAsync();

        await control.GetRequiredService<RunCron>().StopAsync(TimeSpan.Zero);

        var run = (await RunsAsync())[0];
        (run.Status, run.Error, isolates.Inside).ShouldBe((CronRunStatus.Failed, "The server stopped", 0));
    }

    Task<ServiceProvider> StartAsync() => directory.StartAsync(add: services => services
        .AddSingleton<TimeProvider>(time).AddSingleton<IIsolateCrons>(isolates).AddSingleton<IVisits>(isolates));

    Task TickAsync() => control.GetRequiredService<CronClock>().TickAsync(default);

    Task<DeploymentId> DeployAsync(params CronRegistration[] crons) => DeployAsync(["{project.name}-{deployment.id}"], crons);

    async Task<DeploymentId> DeployAsync(string[] hosts, params CronRegistration[] crons)
    {
        var created = await UseAsync<CreateDeployment, Outcome<DeploymentView>>(create => create.RunAsync(
            tenant.Caller, tenant.Project,
            new("main.ts", [Tenant.Sent("a")], new Dictionary<string, string>()) { Domains = [.. hosts.Select(host => host + ".localhost")] }, default));
        (await UseAsync<ActivateDeployment, bool>(activate => activate.RunAsync(created.Value.Id, builder: null, new("artifact", Sha256: null), crons, default))).ShouldBeTrue();
        return created.Value.Id;
    }

    async Task<CronRun> EndedAsync()
    {
        await Eventually.HoldsAsync(async () => await RunsAsync() is [{ EndedAt: not null }]);
        return (await RunsAsync())[0];
    }

    async Task<IReadOnlyList<CronRun>> RunsAsync(string name = "minutely") => await UseAsync<IsletDb, List<CronRun>>(db =>
        db.CronRuns.AsNoTracking().Where(run => run.Name == name).OrderByDescending(run => run.StartedAt).ToListAsync());

    async Task<IReadOnlyList<CronView>> ListAsync() => (await UseAsync<Crons, Outcome<IReadOnlyList<CronView>>>(crons =>
        crons.ListAsync(tenant.Caller, tenant.Project.ToString(), default))).Value;

    Task<Outcome<CronRun>> RunNowAsync(string name) => UseAsync<Crons, Outcome<CronRun>>(crons =>
        crons.RunNowAsync(tenant.Caller, tenant.Project.ToString(), name, default));

    async Task UseAsync<T>(Func<T, Task> use)
        where T : notnull
    {
        await using var scope = control.CreateAsyncScope();
        await use(scope.ServiceProvider.GetRequiredService<T>());
    }

    async Task<TResult> UseAsync<T, TResult>(Func<T, Task<TResult>> use)
        where T : notnull
    {
        await using var scope = control.CreateAsyncScope();
        return await use(scope.ServiceProvider.GetRequiredService<T>());
    }
}

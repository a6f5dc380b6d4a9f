using Islet.Contracts;
using Islet.ControlPlane.Builds;
using Islet.ControlPlane.Collection;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Limits;
using Islet.ControlPlane.Logs;
using Islet.ControlPlane.Secrets;
using Islet.Tests.Postgres;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Islet.Tests.ControlPlane;

/// <summary>How builds end when something around them breaks. The program is never run: the jail and the isolates are told what to say.</summary>
public sealed class BuildQueueTests : IDisposable
{
    readonly ControlPlaneDirectory directory = new();
    readonly ToldIsolates isolates = new();
    readonly ToldJail jail = new();
    readonly KeptLog log = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Build_ends_with_success_and_its_log()
    {
        await using var control = await StartAsync();
        var tenant = await Tenant.FirstAsync(control);
        var id = await tenant.CreateAsync("a");
        await using var queue = await Running<BuildQueue>.StartAsync(control);

        await EndedAsync(tenant, id, DeploymentStatus.Success);
        (await LinesAsync(control, id))[^1].ShouldStartWith("Deployed to ");
    }

    [Fact]
    public async Task The_trial_boot_has_the_secrets_and_limits_of_the_project()
    {
        await using var control = await StartAsync();
        var tenant = await Tenant.FirstAsync(control);
        await using (var scope = control.CreateAsyncScope())
        {
            (await scope.ServiceProvider.GetRequiredService<ProjectSecrets>()
                .PutAsync(tenant.Caller, tenant.Project.ToString(), "API_KEY", "v", ["api.example.com"], tls: true, default)).Refusal.ShouldBeNull();
            (await scope.ServiceProvider.GetRequiredService<LimitSettings>()
                .ChangeAsync(tenant.Caller, tenant.Project.ToString(), new Dictionary<string, long?> { ["logLinesPerSecond"] = 7 }, default)).Refusal.ShouldBeNull();
        }
        var id = await tenant.CreateAsync("a");
        await using var queue = await Running<BuildQueue>.StartAsync(control);

        await EndedAsync(tenant, id, DeploymentStatus.Success);
        isolates.LastSpec!.Limits.LogLinesPerSecond.ShouldBe(7);
        isolates.LastSpec.Environment["API_KEY"].ShouldBe(isolates.LastSpec.Secrets.ShouldHaveSingleItem().Placeholder);
    }

    [Fact]
    public async Task Build_fails_although_its_log_takes_no_line()
    {
        await using var control = await StartAsync();
        var tenant = await Tenant.FirstAsync(control);
        control.GetRequiredService<BuildLogs>().List().ShouldBeEmpty(); // the first use makes the table
        await using IAsyncDisposable full = TestDatabase.IsPostgres
            ? await PostgresRefusal.BeginAsync(directory.Database, "BEFORE INSERT", "islet_build_log")
            : new Refusal(directory.File("telemetry.db"), "BEFORE INSERT ON build_log");
        var id = await tenant.CreateAsync("a");
        await using var queue = await Running<BuildQueue>.StartAsync(control);

        await EndedAsync(tenant, id, DeploymentStatus.Failed);
        (await LinesAsync(control, id)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Build_whose_end_cannot_be_written_is_done_again()
    {
        await using var control = await StartAsync();
        var tenant = await Tenant.FirstAsync(control);
        const string What = """BEFORE UPDATE OF "Status" """;
        const string Table = "\"Deployments\"";
        IAsyncDisposable full = TestDatabase.IsPostgres
            ? await PostgresRefusal.BeginAsync(directory.Database, What, Table)
            : new Refusal(directory.File("islet.db"), $"{What} ON {Table}");
        var id = await tenant.CreateAsync("a");
        await using var queue = await Running<BuildQueue>.StartAsync(control);
        await Eventually.HoldsAsync(() => log.Lines.Any(line => line.Contains("tries again in 1 s", StringComparison.Ordinal)));
        (await tenant.FindAsync(id))!.Status.ShouldBe(DeploymentStatus.Pending);

        await full.DisposeAsync();

        await EndedAsync(tenant, id, DeploymentStatus.Success);
        (await LinesAsync(control, id)).ShouldNotContain(line => line.Contains("failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Deployment_that_is_deleted_during_its_build_leaves_nothing()
    {
        await using var control = await StartAsync();
        var tenant = await Tenant.FirstAsync(control);
        await using var collector = await Running<CollectLeftovers>.StartAsync(control);
        var id = await tenant.CreateAsync("a");
        isolates.Hold();
        await using var queue = await Running<BuildQueue>.StartAsync(control);
        await isolates.Asked;
        Directory.Exists(Path.Combine(directory.File("artifacts"), id.Value)).ShouldBeTrue();

        await tenant.DeleteAsync(id);
        isolates.GoOn();

        await Eventually.HoldsAsync(() => Directory.GetDirectories(directory.File("artifacts")).Length == 0);
        await Eventually.HoldsAsync(() => !control.GetRequiredService<BuildLogs>().List().Any());
        log.Lines.Where(line => line.StartsWith("Error", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Build_that_a_stop_meets_is_done_at_the_next_start(bool inTheJail)
    {
        DeploymentId id;
        await using (var control = await StartAsync())
        {
            var tenant = await Tenant.FirstAsync(control);
            id = await tenant.CreateAsync("a");
            if (inTheJail)
                jail.Hold();
            else
                isolates.Hold();
            await using (await Running<BuildQueue>.StartAsync(control))
                await (inTheJail ? jail.Asked : isolates.Asked);
            (await tenant.FindAsync(id))!.Status.ShouldBe(DeploymentStatus.Pending);
            Directory.CreateDirectory(Path.Combine(directory.Root, "run", "builds", "of a killed one"));
        }

        jail.GoOn();
        isolates.GoOn();
        await using (var control = await StartAsync())
        {
            await using var queue = await Running<BuildQueue>.StartAsync(control);
            await EndedAsync(await Tenant.FirstAsync(control), id, DeploymentStatus.Success);
            Directory.Exists(Path.Combine(directory.Root, "run", "builds", "of a killed one")).ShouldBeFalse();
        }
    }

    [Fact]
    public async Task Organization_whose_builds_hang_leaves_a_builder_to_others()
    {
        await using var control = await StartAsync();
        var (slow, other) = (await Tenant.FirstAsync(control), await Tenant.AnotherAsync(control));
        var hanging = new List<DeploymentId>();
        for (var index = 0; index < 4; index++)
            hanging.Add(await slow.CreateAsync("a"));
        jail.Only = slow.Caller.Organizations[0];
        jail.Hold();
        await using var queue = await Running<BuildQueue>.StartAsync(control);
        await jail.Asked;

        await EndedAsync(other, await other.CreateAsync("b"), DeploymentStatus.Success);

        jail.GoOn();
        foreach (var id in hanging)
            await EndedAsync(slow, id, DeploymentStatus.Success);
    }

    [Theory]
    [InlineData(BuilderEnd.TimeLimit, "TIME_LIMIT")]
    [InlineData(BuilderEnd.MemoryLimit, "MEMORY_LIMIT")]
    [InlineData(BuilderEnd.DiskLimit, "DISK_LIMIT")]
    public async Task Build_that_meets_a_limit_fails_and_says_which(BuilderEnd end, string said)
    {
        jail.End = end;
        await using var control = await StartAsync();
        var tenant = await Tenant.FirstAsync(control);
        await using var queue = await Running<BuildQueue>.StartAsync(control);
        var id = await tenant.CreateAsync("a");

        await EndedAsync(tenant, id, DeploymentStatus.Failed);
        await Eventually.HoldsAsync(async () => (await LinesAsync(control, id))[^1].StartsWith($"The deployment failed: {said} ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Build_runs_one_command_that_executes_nothing_and_is_bounded()
    {
        await using var control = await StartAsync();
        var tenant = await Tenant.FirstAsync(control);
        await using var queue = await Running<BuildQueue>.StartAsync(control);
        var id = await tenant.CreateAsync("a");
        await EndedAsync(tenant, id, DeploymentStatus.Success);

        var job = jail.LastJob.ShouldNotBeNull();
        job.Arguments.ShouldBe(
        [
            "info", "--json", "--node-modules-dir=none", "--vendor=false", "--allow-import", "--no-config",
            $"--lock=/deno/build-{id}/deno.lock", "--frozen=false", "file:///src/main.ts",
        ]);
        job.Environment.Keys.ShouldBe(["HTTP_PROXY", "HTTPS_PROXY"], ignoreOrder: true);
        (job.DiskLimit, job.TimeLimit).ShouldBe((2L << 30, TimeSpan.FromMinutes(3)));
    }

    Task<ServiceProvider> StartAsync()
    {
        Directory.CreateDirectory(directory.File("run")); // the isolates make it
        return directory.StartAsync(options => options.KeepUnusedAssets = TimeSpan.Zero, services => services
            .AddSingleton<IIsolates>(isolates)
            .AddSingleton<IBuilderJail>(jail)
            .AddLogging(logging => logging.AddProvider(log))
            .AddBuilds());
    }

    static Task EndedAsync(Tenant tenant, DeploymentId id, DeploymentStatus status) =>
        Eventually.HoldsAsync(async () => (await tenant.FindAsync(id))!.Status == status);

    static async Task<List<string>> LinesAsync(ServiceProvider control, DeploymentId id)
    {
        var lines = new List<string>();
        await foreach (var line in control.GetRequiredService<BuildLogs>().ReadAsync(id, 0, _ => ValueTask.FromResult(true), default))
            lines.Add(line.Message);
        return lines;
    }

    /// <summary>A disk that refuses, until disposed.</summary>
    sealed class PostgresRefusal(TestDatabase database, string table) : IAsyncDisposable
    {
        public static async Task<PostgresRefusal> BeginAsync(TestDatabase database, string what, string table)
        {
            await database.ExecuteAsync("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'could not extend file: No space left on device'; END $$");
            await database.ExecuteAsync($"CREATE TRIGGER refusal {what} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()");
            return new(database, table);
        }

        public async ValueTask DisposeAsync() => await database.ExecuteAsync($"DROP TRIGGER refusal ON {table}");
    }

    /// <summary>The same in a file of SQLite.</summary>
    sealed class Refusal : IAsyncDisposable
    {
        readonly string file;

        public Refusal(string file, string what)
        {
            this.file = file;
            Run($"CREATE TRIGGER refusal {what} BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END");
        }

        public ValueTask DisposeAsync()
        {
            Run("DROP TRIGGER refusal");
            return ValueTask.CompletedTask;
        }

        void Run(string sql)
        {
            using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
            connection.Open();
            using var command = connection.CreateCommand();
#pragma warning disable CA2100 // every text is above
            command.CommandText = sql;
#pragma warning restore CA2100
            command.ExecuteNonQuery();
        }
    }
}

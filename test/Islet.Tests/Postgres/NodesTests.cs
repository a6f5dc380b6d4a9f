using Islet.Contracts;
using Islet.ControlPlane;
using Islet.ControlPlane.Artifacts;
using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Builds;
using Islet.ControlPlane.Collection;
using Islet.ControlPlane.Crons;
using Islet.ControlPlane.Databases;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Limits;
using Islet.ControlPlane.Nodes;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Secrets;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Tests.Api;
using Islet.Tests.ControlPlane;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Postgres;

/// <summary>Two control planes on one database and one directory of blobs, as two servers are.</summary>
public sealed class NodesTests : IAsyncLifetime
{
    readonly string shared = Directory.CreateTempSubdirectory("islet-shared-").FullName;
    readonly List<IAsyncDisposable> running = [];

    TestDatabase database = null!;
    ControlPlaneDirectory one = null!;
    ControlPlaneDirectory other = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreatePostgresAsync();
        (one, other) = (new(database), new(database));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in Enumerable.Reverse(running))
            await part.DisposeAsync();
        one.Dispose();
        other.Dispose();
        database.Dispose();
        Directory.Delete(shared, recursive: true);
    }

    [Fact]
    public async Task Nodes_that_start_at_once_on_an_empty_database_make_one_user()
    {
        using var empty = await TestDatabase.CreatePostgresAsync(empty: true);
        var directories = Enumerable.Range(0, 4).Select(_ => new ControlPlaneDirectory(empty)).ToList();

        var started = await Task.WhenAll(directories.Select(directory => Task.Run(() => directory.StartAsync(options => options.SharedDirectory = shared))));

        started.Count(control => control.GetRequiredService<ControlPlaneStart>().First is not null).ShouldBe(1);
        directories.Count(directory => File.Exists(directory.File("credentials.json"))).ShouldBe(1);
        (await CountAsync(started[0], db => db.Users)).ShouldBe(1);
        foreach (var control in started)
            await control.DisposeAsync();
        directories.ForEach(directory => directory.Dispose());
    }

    [Fact]
    public async Task A_node_with_another_shared_directory_does_not_start()
    {
        await BothAsync();
        using var stray = new ControlPlaneDirectory(database);

        (await Should.ThrowAsync<DatabaseUnusableException>(() => stray.StartAsync())).Message.ShouldContain("--shared");
    }

    [Fact]
    public async Task A_route_of_one_is_seen_by_the_other_until_it_is_deleted()
    {
        var (first, second) = await BothAsync();
        var tenant = await Tenant.FirstAsync(first);
        var id = await tenant.DeployAsync("a");

        await Eventually.HoldsAsync(() => Routes(second).Hosts.Values.Any(route => route.Deployment == id));
        await tenant.DeleteAsync(id);
        await Eventually.HoldsAsync(() => Routes(second).Hosts.Count == 0);
        Isolates(second).Drained.ShouldContain((id, ShutdownReason.Deleted));
        Isolates(first).Drained.Count.ShouldBe(1, "a node does not hear itself");
    }

    [Fact]
    public async Task A_name_and_limits_changed_at_one_hold_at_the_other()
    {
        var (first, second) = await BothAsync();
        var tenant = await Tenant.FirstAsync(first);
        var id = await tenant.DeployAsync("a");

        await UseAsync<Islet.ControlPlane.Projects.Projects>(first, projects => projects.UpdateAsync(tenant.Caller, tenant.Project, "renamed", null, default));
        await Eventually.HoldsAsync(() => Routes(second).Hosts.Keys.SequenceEqual([$"renamed-{id}.localhost"]));

        await UseAsync<LimitSettings>(first, limits => limits.ChangeAsync(
            tenant.Caller, tenant.Project.ToString(), new Dictionary<string, long?> { ["requestsPerSecond"] = 7 }, default));
        await Eventually.HoldsAsync(() => Routes(second).Hosts.Values.Single().Limits.RequestsPerSecond == 7);

        await UseAsync<LimitSettings>(first, limits => limits.ChangeAsync(
            tenant.Caller with { IsOperator = true }, tenant.Caller.Organizations[0], new Dictionary<string, long?> { ["requestsPerSecond"] = 3 }, default));
        await Eventually.HoldsAsync(() => Routes(second).Hosts.Values.Single().Limits.RequestsPerSecond == 3);
    }

    [Fact]
    public async Task A_token_revoked_at_one_opens_nothing_at_the_other()
    {
        var (first, second) = await BothAsync();
        var caller = (await Tenant.FirstAsync(first)).Caller;
        var (row, secret) = await UseAsync<Tokens, (Token, string)>(first, tokens => tokens.CreateAsync(caller.User, "t", null, null, null, default));
        var authenticate = second.GetRequiredService<AuthenticateToken>();
        (await authenticate.RunAsync(secret, default)).ShouldNotBeNull();

        (await UseAsync<Tokens, Refusal?>(first, tokens => tokens.RevokeAsync(caller, row.Id, default))).ShouldBeNull();

        await Eventually.HoldsAsync(async () => await authenticate.RunAsync(secret, default) is null);
    }

    [Fact]
    public async Task A_certificate_of_one_is_served_by_the_other_until_its_domain_is_deleted()
    {
        var (first, second) = await BothAsync(services => services.Configure<DomainsOptions>(options => options.Verification = DomainsOptions.Trust));
        var caller = (await Tenant.FirstAsync(first)).Caller;
        var domain = (await UseAsync<Islet.ControlPlane.Domains.Domains, Outcome<DomainView>>(
            first, domains => domains.CreateAsync(caller, caller.Organizations[0], "shop.example.com", default))).Value.Id;
        var (one, two) = (TestCertificates.Make("shop.example.com"), TestCertificates.Make("shop.example.com"));

        (await StoreAsync(one)).ShouldBeNull();
        await Eventually.HoldsAsync(() => ServedBy(second) is not null);
        ServedBy(second)!.Context.TargetCertificate.ExportCertificatePem().ShouldBe(ServedBy(first)!.Context.TargetCertificate.ExportCertificatePem());
        var before = ServedBy(first);
        await first.GetRequiredService<CertificatePublisher>().PublishAllAsync(default);
        ServedBy(first).ShouldBeSameAs(before, "sessions go on");

        (await StoreAsync(two)).ShouldBeNull();
        await Eventually.HoldsAsync(() => two.Chain.StartsWith(ServedBy(second)!.Context.TargetCertificate.ExportCertificatePem(), StringComparison.Ordinal));
        await database.ExecuteAsync("""UPDATE "Domains" SET "VerifiedName" = NULL""");
        await Eventually.HoldsAsync(() => ServedBy(second) is null);
        await database.ExecuteAsync("""UPDATE "Domains" SET "VerifiedName" = "Name" """);
        await Eventually.HoldsAsync(() => ServedBy(second) is not null);
        (await UseAsync<DeleteDomain, Refusal?>(first, delete => delete.RunAsync(caller, domain, default))).ShouldBeNull();
        ServedBy(first).ShouldBeNull();
        await Eventually.HoldsAsync(() => ServedBy(second) is null);

        Task<Refusal?> StoreAsync(TestCertificates.Pair pair) => UseAsync<DomainCertificates, Refusal?>(
            first, certificates => certificates.AddAsync(caller, domain, pair.PrivateKey, pair.Chain, default));
        static ServerCertificate? ServedBy(ServiceProvider control) =>
            control.GetRequiredService<CertificatePublisher>().Current.Names.GetValueOrDefault("shop.example.com")?[0].Certificate;
    }

    [Theory]
    [InlineData("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT version FROM islet_changes%'")]
    [InlineData("CREATE OR REPLACE FUNCTION islet_tell(kind text, names text[]) RETURNS void LANGUAGE sql AS 'UPDATE islet_changes SET version = version + 1'")]
    public async Task What_no_notice_told_is_found(string harm)
    {
        var (first, second) = await BothAsync();
        var tenant = await Tenant.FirstAsync(first);
        await database.ExecuteAsync(harm);

        var id = await tenant.DeployAsync("a");

        await Eventually.HoldsAsync(() => Routes(second).Hosts.Values.Any(route => route.Deployment == id));
    }

    [Fact]
    public async Task An_artifact_of_one_is_run_by_the_other_as_it_was_built()
    {
        var (first, second) = await BothAsync();
        var tenant = await Tenant.FirstAsync(first);
        var id = await tenant.CreateAsync("a");
        await PutArtifactAsync(first, id, "built");
        var built = await first.GetRequiredService<ArtifactArchives>().PackAsync(id.Value, default);
        await PutArtifactAsync(second, id, "left by a build that another node finished");
        await UseAsync<ActivateDeployment>(first, activate => activate.RunAsync(id, builder: null, built, default));

        var specs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => second.GetRequiredService<RoutePublisher>().FindSpecAsync(id, default).AsTask()));

        specs.ShouldAllBe(spec => spec != null);
        var directory = specs[0]!.Artifact.Directory;
        directory.ShouldStartWith(other.Root);
        (await File.ReadAllTextAsync(Path.Combine(directory, "src", "main.ts"))).ShouldBe("built");
        new FileInfo(Path.Combine(directory, "src", "link.ts")).LinkTarget.ShouldBe("main.ts");
        new FileInfo(Path.Combine(directory, "src", "main.ts")).UnixFileMode.HasFlag(UnixFileMode.OtherRead).ShouldBeTrue();
    }

    [Fact]
    public async Task A_damaged_blob_is_not_run()
    {
        var (first, second) = await BothAsync();
        var id = await (await Tenant.FirstAsync(first)).CreateAsync("a");
        await PutArtifactAsync(first, id, "built");
        var built = await first.GetRequiredService<ArtifactArchives>().PackAsync(id.Value, default);
        var blob = second.GetRequiredService<AssetStore>().PathOf(built.Sha256!);
        await File.WriteAllTextAsync(blob, "damaged");

        await Should.ThrowAsync<InvalidDataException>(async () => await second.GetRequiredService<ArtifactArchives>().TakeAsync(built, default));
        Directory.Exists(second.GetRequiredService<ArtifactStore>().DirectoryOf(id.Value)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_packed_artifact_stays_at_every_node_s_collection_until_its_last_deployment_is_gone()
    {
        var (first, second) = await BothAsync();
        var tenant = await Tenant.FirstAsync(first);
        var id = await tenant.CreateAsync("a");
        await PutArtifactAsync(first, id, "built");
        var built = await first.GetRequiredService<ArtifactArchives>().PackAsync(id.Value, default);
        await UseAsync<ActivateDeployment>(first, activate => activate.RunAsync(id, builder: null, built, default));
        var again = await tenant.RedeployAsync(id);
        await tenant.DeleteAsync(id);

        await second.GetRequiredService<CollectAssets>().RunAsync(default);
        File.Exists(first.GetRequiredService<AssetStore>().PathOf(built.Sha256!)).ShouldBeTrue();

        await tenant.DeleteAsync(again);
        await second.GetRequiredService<CollectAssets>().RunAsync(default);
        Directory.EnumerateFiles(Path.Combine(shared, "blobs"), "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_build_is_not_activated_when_its_packed_artifact_was_collected()
    {
        var (first, second) = await BothAsync();
        var tenant = await Tenant.FirstAsync(first);
        var id = await tenant.CreateAsync("a");
        await PutArtifactAsync(first, id, "built");
        var built = await first.GetRequiredService<ArtifactArchives>().PackAsync(id.Value, default);

        await second.GetRequiredService<CollectAssets>().RunAsync(default);

        (await UseAsync<ActivateDeployment, bool>(first, activate => activate.RunAsync(id, builder: null, built, default))).ShouldBeFalse();
        (await tenant.FindAsync(id))!.Status.ShouldBe(DeploymentStatus.Pending);
    }

    [Fact]
    public async Task A_secret_of_one_opens_at_the_other()
    {
        var (first, second) = await BothAsync();
        var tenant = await Tenant.FirstAsync(first);
        await UseAsync<ProjectSecrets>(first, secrets => secrets.PutAsync(tenant.Caller, tenant.Project.ToString(), "KEY", "value", ["api.example.com"], tls: true, default));

        await using var scope = second.CreateAsyncScope();
        var spec = await scope.ServiceProvider.GetRequiredService<ComposeSpec>().RunAsync(
            DeploymentIds.New(), tenant.Project, tenant.Caller.Organizations[0], new(ArtifactKind.Graph, "", "", [], new Dictionary<string, string>()),
            new Dictionary<string, string>(), null, new Dictionary<string, string>(), default);

        spec.Secrets.ShouldHaveSingleItem().Value.ShouldBe("value");
    }

    [Fact]
    public async Task A_moment_of_a_cron_is_run_by_one_of_two()
    {
        var isolates = new ToldCrons();
        var (first, second) = await BothAsync(services => services.AddSingleton<IIsolateCrons>(isolates).AddSingleton<IVisits>(isolates));
        var id = await (await Tenant.FirstAsync(first)).CreateAsync("a");
        CronRegistration[] crons = [.. Enumerable.Range(0, 20).Select(n => new CronRegistration($"cron {n}", "* * * * *", []))];
        (await UseAsync<ActivateDeployment, bool>(first, activate => activate.RunAsync(id, builder: null, new("artifact", Sha256: null), crons, default))).ShouldBeTrue();
        await Task.WhenAll(TickAsync(first), TickAsync(second));
        await database.ExecuteAsync("""UPDATE "Crons" SET "NextRunAt" = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - 1000000""");

        await Task.WhenAll(TickAsync(first), TickAsync(second), TickAsync(first), TickAsync(second));

        for (var n = 0; n < crons.Length; n++)
            (await isolates.NextAsync()).Succeed();
        await Eventually.HoldsAsync(() => isolates.Inside == 0);
        isolates.Waiting.ShouldBe(0);
        (await CountAsync(first, db => db.CronRuns)).ShouldBe(crons.Length);

        static Task TickAsync(ServiceProvider control) => Task.Run(() => control.GetRequiredService<CronClock>().TickAsync(default));
    }

    [Fact]
    public async Task Backups_are_shared_by_those_who_are_there_and_none_is_left()
    {
        var (first, second) = await BothAsync(services => services.Configure<BuildsOptions>(options => options.Lease = TimeSpan.FromMinutes(1)));
        var organization = (await Tenant.FirstAsync(first)).Caller.Organizations[0];
        await Eventually.HoldsAsync(async () => await NodesAsync(first) == 2 && await NodesAsync(second) == 2);
        await UseAsync<IsletDb>(first, db =>
        {
            for (var n = 0; n < 5; n++)
            {
                var (id, now) = (Guid.NewGuid(), DateTimeOffset.UtcNow);
                db.Databases.Add(new() { Id = id, OrganizationId = organization, Description = "", CreatedAt = now, UpdatedAt = now });
                db.DatabaseBackups.Add(new()
                {
                    Id = Guid.NewGuid(), DatabaseId = id, OrganizationId = organization, Endpoint = "", Bucket = "", Region = "", AccessKeyId = "", SealedSecret = [], Prefix = "",
                    Status = BackupStatus.Active, CreatedAt = now,
                });
            }
            return db.SaveChangesAsync();
        });

        (await LookAsync(first)).ShouldBe(3);
        (await LookAsync(second)).ShouldBe(2);

        // one comes: what another one has too many of goes over
        await database.ExecuteAsync($"""UPDATE "DatabaseBackups" SET "ClaimedBy" = '{first.GetRequiredService<Node>().Name}'""");
        for (var round = 0; round < 3; round++)
            (await LookAsync(first) + await LookAsync(second)).ShouldBe(5);
        (await LookAsync(first)).ShouldBe(3);

        // one was silent for two leases, though it seems to be there
        await database.ExecuteAsync($"""UPDATE "DatabaseBackups" SET "ClaimedAt" = "ClaimedAt" - 121000000 WHERE "ClaimedBy" <> '{first.GetRequiredService<Node>().Name}'""");
        (await LookAsync(first)).ShouldBe(5);

        static Task<int> NodesAsync(ServiceProvider control) => UseAsync<IsletDb, int>(control, db => db.NodesAsync(default).AsTask());

        static Task<int> LookAsync(ServiceProvider control) => UseAsync<ClaimBackups, int>(control, async claims =>
        {
            var all = await claims.TakeAsync(default);
            foreach (var claimed in all.Where(claimed => claimed.IsToGive))
                await claims.ReleaseAsync(claimed.Row.Id, default);
            return all.Count(claimed => claimed.HeldFor is not null);
        });
    }

    [Fact]
    public async Task Text_that_PostgreSQL_cannot_keep_is_kept_without_what_it_cannot()
    {
        var (first, _) = await BothAsync();
        var tenant = await Tenant.FirstAsync(first);

        var made = await UseAsync<Islet.ControlPlane.Projects.Projects, Outcome<Islet.ControlPlane.Projects.Project>>(
            first, projects => projects.CreateAsync(tenant.Caller, tenant.Caller.Organizations[0], null, "a\0b\ud800c😀", default));

        await using var scope = first.CreateAsyncScope();
        (await scope.ServiceProvider.GetRequiredService<IsletDb>().Projects.AsNoTracking().SingleAsync(row => row.Id == made.Value.Id)).Description.ShouldBe("a\ufffdb\ufffdc😀");
    }

    async Task<(ServiceProvider First, ServiceProvider Second)> BothAsync(Action<IServiceCollection>? add = null)
    {
        var started = new List<ServiceProvider>();
        foreach (var directory in (ControlPlaneDirectory[])[one, other])
        {
            var control = await directory.StartAsync(options => (options.SharedDirectory, options.KeepUnusedAssets) = (shared, TimeSpan.Zero), services =>
            {
                services.Configure<BuildsOptions>(options => options.Lease = TimeSpan.FromSeconds(2));
                add?.Invoke(services);
            });
            running.Add(control);
            running.Add(await Running<FollowChanges>.StartAsync(control));
            started.Add(control);
        }
        return (started[0], started[1]);
    }

    static async Task PutArtifactAsync(ServiceProvider control, DeploymentId id, string program)
    {
        var directory = control.GetRequiredService<ArtifactStore>().DirectoryOf(id.Value);
        Directory.CreateDirectory(Path.Combine(directory, "src"));
        await File.WriteAllTextAsync(Path.Combine(directory, "src", "main.ts"), program);
        File.CreateSymbolicLink(Path.Combine(directory, "src", "link.ts"), "main.ts");
        await File.WriteAllTextAsync(Path.Combine(directory, ArtifactStore.DescriptionFile), """{"kind":0,"entryPoint":"file:///src/main.ts","runFlags":[],"environment":{}}""");
    }

    static RouteSnapshot Routes(ServiceProvider control) => control.GetRequiredService<RoutePublisher>().Current;

    static RecordingIsolates Isolates(ServiceProvider control) => (RecordingIsolates)control.GetRequiredService<IIsolates>();

    static async Task<int> CountAsync<T>(ServiceProvider control, Func<IsletDb, DbSet<T>> of)
        where T : class
    {
        await using var scope = control.CreateAsyncScope();
        return await of(scope.ServiceProvider.GetRequiredService<IsletDb>()).CountAsync();
    }

    static async Task UseAsync<T>(ServiceProvider control, Func<T, Task> use)
        where T : notnull
    {
        await using var scope = control.CreateAsyncScope();
        await use(scope.ServiceProvider.GetRequiredService<T>());
    }

    static async Task<TResult> UseAsync<T, TResult>(ServiceProvider control, Func<T, Task<TResult>> use)
        where T : notnull
    {
        await using var scope = control.CreateAsyncScope();
        return await use(scope.ServiceProvider.GetRequiredService<T>());
    }
}

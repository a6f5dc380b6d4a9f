using System.Globalization;
using Islet.Contracts;
using Islet.ControlPlane;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Lists;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.ControlPlane;

/// <summary>A page of a long list is what a walk along all of it would give, whatever was written and in whatever order.</summary>
public sealed class LongListsTests : IAsyncLifetime
{
    const int Limit = 100;

    readonly Random random = new(20);
    readonly ControlPlaneDirectory directory = new();
    ServiceProvider control = null!;
    Tenant tenant = null!;

    public async ValueTask InitializeAsync()
    {
        control = await directory.StartAsync();
        tenant = await Tenant.FirstAsync(control);
    }

    public async ValueTask DisposeAsync()
    {
        await control.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task Pages_of_projects_are_the_list_while_projects_come_change_and_go()
    {
        await AddProjectsAsync(2600, n => DateTimeOffset.UnixEpoch.AddSeconds(random.Next(1000))); // many at the same time
        await CheckProjectsAsync();
        for (var n = 0; n < 4; n++)
            await AddProjectsAsync(1, _ => DateTimeOffset.UnixEpoch.AddMicroseconds(random.Next(2000)));
        await UseAsync(db => db.Projects.Where(row => row.Name.CompareTo("p-3") > 0 && row.Name.CompareTo("p-6") < 0)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.UpdatedAt, DateTimeOffset.UnixEpoch.AddSeconds(900))));
        await UseAsync(db => db.Projects.Where(row => row.Name.CompareTo("p-2") > 0 && row.Name.CompareTo("p-4") < 0)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.Name, row => "moved-" + row.Name)));
        await CheckProjectsAsync();
        await UseAsync(db => db.Projects.Where(row => row.Name.CompareTo("p-5") > 0).ExecuteDeleteAsync());
        await UseAsync(db => db.Projects.OrderBy(row => row.UpdatedAt).Take(400).ExecuteDeleteAsync());
        await CheckProjectsAsync();
        await AddProjectsAsync(1400, n => DateTimeOffset.UnixEpoch.AddSeconds(n));
        await CheckProjectsAsync();
    }

    [Fact]
    public async Task Pages_of_deployments_are_the_list_while_deployments_come_and_go()
    {
        var model = await tenant.FindAsync(await tenant.CreateAsync("a"));
        await AddDeploymentsAsync(model!, 2600, n => DateTimeOffset.UnixEpoch.AddSeconds(n));
        await CheckDeploymentsAsync();
        await UseAsync(db => db.Deployments.Where(row => row.CreatedAt < DateTimeOffset.UnixEpoch.AddSeconds(1200)).ExecuteDeleteAsync());
        await AddDeploymentsAsync(model!, 1200, _ => DateTimeOffset.UnixEpoch.AddSeconds(1150 + random.Next(300)));
        await CheckDeploymentsAsync();
        await tenant.DeleteProjectAsync();

        (await UseAsync(db => db.Milestones.CountAsync())).ShouldBe(0);
        (await UseAsync(db => db.NameEnds.CountAsync())).ShouldBe(0);
    }

    [Fact]
    public async Task Each_milestone_counts_its_own_whatever_many_write_at_once()
    {
        var model = await tenant.FindAsync(await tenant.CreateAsync("a"));
        await AddProjectsAsync(1980, n => DateTimeOffset.UnixEpoch.AddSeconds(n)); // milestones that are divided soon
        await AddDeploymentsAsync(model!, 1980, n => DateTimeOffset.UnixEpoch.AddSeconds(n));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(() => WriteAsync(writer, model!))));

        await CheckMilestonesAsync();
        await CheckProjectsAsync();
        await CheckDeploymentsAsync();
    }

    [Fact]
    public async Task Rows_from_before_are_counted_and_found()
    {
        await UseAsync(async db =>
        {
            var before = db.Database.GetMigrations().Last(name => string.CompareOrdinal(name, "20261124181999") < 0);
            await db.GetService<IMigrator>().MigrateAsync(before);
            return true;
        });
        await AddProjectsAsync(2600, n => DateTimeOffset.UnixEpoch.AddSeconds(n));
        await UseAsync(async db =>
        {
            await db.Database.MigrateAsync();
            return true;
        });

        await CheckProjectsAsync();
        (await FirstPageAsync("p-")).Total.ShouldBeGreaterThan(1000);
        var name = (await FirstPageAsync(null)).Items[7].Name;
        (await FirstPageAsync(name[1..])).Items.ShouldHaveSingleItem().Name.ShouldBe(name);
    }

    /// <summary>Adds, moves from one end of the lists to the other within one transaction, and removes.</summary>
    async Task WriteAsync(int writer, Deployment model)
    {
        var ends = writer % 2 == 0 ? ("p-0", "p-7") : ("p-7", "p-0");
        for (var round = 0; round < 10; round++)
        {
            var at = DateTimeOffset.UnixEpoch.AddSeconds((writer * 250) + round);
            await AddProjectsAsync(20, _ => at);
            await AddDeploymentsAsync(model, 20, _ => at);
            await UseAsync(async db =>
            {
                await using var transaction = await db.Database.BeginTransactionAsync();
                foreach (var end in new[] { ends.Item1, ends.Item2 })
                {
                    var name = await db.Projects.Where(row => row.Name.StartsWith(end)).OrderBy(row => row.Id).Select(row => row.Name).FirstAsync();
                    var moved = $"{(end == "p-0" ? "p-7" : "p-0")}{RandomNumber():x16}";
                    await db.Projects.Where(row => row.Name == name)
                        .ExecuteUpdateAsync(set => set.SetProperty(row => row.Name, moved).SetProperty(row => row.UpdatedAt, DateTimeOffset.UnixEpoch.AddSeconds(round)));
                }
                await transaction.CommitAsync();
                return true;
            });
            await UseAsync(db => db.Projects.Where(row => row.Name.StartsWith($"p-{writer}")).OrderBy(row => row.Name).Take(5).ExecuteDeleteAsync());
            await UseAsync(db => db.Deployments.Where(row => row.CreatedAt < at).OrderBy(row => row.Id).Take(5).ExecuteDeleteAsync());
        }
    }

    async Task CheckMilestonesAsync()
    {
        var milestones = await UseAsync(db => db.Milestones.AsNoTracking().ToListAsync());
        foreach (var list in milestones.GroupBy(row => (row.Owner, row.List)))
        {
            var keys = await KeysAsync(list.Key.Owner, list.Key.List);
            var marks = list.OrderBy(row => row.First, StringComparer.Ordinal).ToList();
            var counted = marks.Select((mark, at) => keys.Count(key =>
                string.CompareOrdinal(key, mark.First) >= 0 && (at + 1 == marks.Count || string.CompareOrdinal(key, marks[at + 1].First) < 0)));
            marks.Select(mark => mark.Items).ShouldBe(counted, $"{list.Key}");
        }
        milestones.Count(row => row.Owner == Organization.Value && row.List == CountedList.ProjectsByName).ShouldBeGreaterThan(2);
        milestones.Count(row => row.Owner == tenant.Project.Value && row.List == CountedList.DeploymentsByTime).ShouldBeGreaterThan(2);
    }

    async Task<List<string>> KeysAsync(Guid owner, CountedList list)
    {
        var (organization, project) = (new OrganizationId(owner), new ProjectId(owner));
        return list switch
        {
            CountedList.ProjectsByName => await UseAsync(db => db.Projects.Where(row => row.OrganizationId == organization).Select(row => row.Name).ToListAsync()),
            CountedList.ProjectsByTime => Times(await UseAsync(db => db.Projects.Where(row => row.OrganizationId == organization).Select(row => row.UpdatedAt).ToListAsync())),
            CountedList.DeploymentsById => await UseAsync(db => db.Deployments.Where(row => row.ProjectId == project).Select(row => row.Id.Value).ToListAsync()),
            _ => Times(await UseAsync(db => db.Deployments.Where(row => row.ProjectId == project).Select(row => row.CreatedAt).ToListAsync())),
        };
        static List<string> Times(List<DateTimeOffset> times) =>
            times.ConvertAll(time => ((time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond).ToString("D20", CultureInfo.InvariantCulture));
    }

    Task<Listing<Project>> FirstPageAsync(string? search) => WithAsync<Projects, Listing<Project>>(async projects =>
        (await projects.ListAsync(tenant.Caller, Organization, search, ProjectOrder.Name, descending: true, new(1, 20), default)).Value);

    async Task CheckProjectsAsync()
    {
        var all = await UseAsync(db => db.Projects.AsNoTracking().Where(row => row.OrganizationId == Organization).ToListAsync());
        all.Count.ShouldBeGreaterThan(300);
        foreach (var (order, descending) in new[] { (ProjectOrder.Name, false), (ProjectOrder.Name, true), (ProjectOrder.UpdatedAt, false), (ProjectOrder.UpdatedAt, true) })
        {
            var pages = await PagesAsync<Project>(all.Count, page => WithAsync<Projects, Listing<Project>>(async projects =>
                (await projects.ListAsync(tenant.Caller, Organization, null, order, descending, page, default)).Value));
            var keys = pages.ConvertAll(row => order == ProjectOrder.Name ? row.Name : $"{row.UpdatedAt:O} {IdOrder(row.Id)}");
            keys.ShouldBe(descending ? keys.OrderDescending(StringComparer.Ordinal) : keys.Order(StringComparer.Ordinal));
            pages.Select(row => row.Id).ShouldBe(all.Select(row => row.Id), ignoreOrder: true);
        }
    }

    async Task CheckDeploymentsAsync()
    {
        var all = await UseAsync(db => db.Deployments.AsNoTracking().Where(row => row.ProjectId == tenant.Project).ToListAsync());
        all.Count.ShouldBeGreaterThan(300);
        foreach (var (order, descending) in new[] { (DeploymentOrder.Id, false), (DeploymentOrder.Id, true), (DeploymentOrder.CreatedAt, false), (DeploymentOrder.CreatedAt, true) })
        {
            var pages = await PagesAsync<DeploymentView>(all.Count, page => WithAsync<Deployments, Listing<DeploymentView>>(deployments =>
                deployments.ListAsync(tenant.Caller, tenant.Project, null, order, descending, page, default)));
            var keys = pages.ConvertAll(row => order == DeploymentOrder.Id ? row.Id.Value : $"{row.CreatedAt:O} {row.Id}");
            keys.ShouldBe(descending ? keys.OrderDescending(StringComparer.Ordinal) : keys.Order(StringComparer.Ordinal));
            pages.Select(row => row.Id).ShouldBe(all.Select(row => row.Id), ignoreOrder: true);
        }
    }

    long RandomNumber()
    {
        lock (random)
            return random.NextInt64();
    }

    /// <summary>Both engines order ids as their text.</summary>
    static string IdOrder(ProjectId id) => id.ToString().ToUpperInvariant();

    /// <summary>All, and one behind the end; each tells how many there are.</summary>
    static async Task<List<T>> PagesAsync<T>(int count, Func<Page, Task<Listing<T>>> read)
    {
        var items = new List<T>();
        for (var number = 1; number <= (count / Limit) + 2; number++)
        {
            var listing = await read(new(number, Limit));
            listing.Total.ShouldBe(count);
            listing.HasMore.ShouldBeFalse();
            listing.Items.Count.ShouldBe(Math.Clamp(count - items.Count, 0, Limit));
            items.AddRange(listing.Items);
        }
        return items;
    }

    Task<int> AddProjectsAsync(int count, Func<int, DateTimeOffset> time) => UseAsync(db =>
    {
        db.Projects.AddRange(Enumerable.Range(0, count).Select(n => new Project
        {
            Id = new(Guid.NewGuid()), OrganizationId = Organization, Name = $"p-{RandomNumber():x16}", Description = "", CreatedAt = DateTimeOffset.UnixEpoch, UpdatedAt = time(n),
        }));
        return db.SaveChangesAsync();
    });

    Task<int> AddDeploymentsAsync(Deployment model, int count, Func<int, DateTimeOffset> time) => UseAsync(db =>
    {
        db.Deployments.AddRange(Enumerable.Range(0, count).Select(n => new Deployment
        {
            Id = DeploymentIds.New(), OrganizationId = model.OrganizationId, ProjectId = model.ProjectId, Status = DeploymentStatus.Success, CreatedAt = time(n), UpdatedAt = time(n),
            Description = "", HostTemplates = [], Databases = model.Databases, EnableCron = false, EntryPoint = model.EntryPoint, ManifestSha256 = model.ManifestSha256,
            Environment = model.Environment,
        }));
        return db.SaveChangesAsync();
    });

    OrganizationId Organization => tenant.Caller.Organizations[0];

    Task<T> UseAsync<T>(Func<IsletDb, Task<T>> use) => WithAsync(use);

    async Task<T> WithAsync<TPart, T>(Func<TPart, Task<T>> use)
        where TPart : notnull
    {
        await using var scope = control.CreateAsyncScope();
        return await use(scope.ServiceProvider.GetRequiredService<TPart>());
    }
}

using Islet.Contracts;
using Islet.ControlPlane;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Tokens;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.ControlPlane;

/// <summary>What a search for projects finds is what a look at every name would.</summary>
public sealed class ProjectSearchTests : IAsyncLifetime
{
    static readonly string[] Names =
    [
        "abc", "abcabc", "abcabcabc", "a1b2c3", "aaaaaaaaaaaaaaaaaaaa", "a-b-c-d-e", "xn-abc-12", "zzz", "zzz-0", "000", "0z0", "seeded-000077", "seeded-000770",
        "this-name-has-fifty-characters-0123456789-01234567", "my-app", "my-app-staging", "staging-my-app", "app1",
    ];

    static readonly string[] Searches =
    [
        "a", "z", "0", "-", "ab", "A", "aB", "bc", "-b", "b-", "abc", "ABC", "cab", "aaa", "aaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaa", "00", "0007", "77", "d-0", "my-app",
        "app", "STAGING", "this-name-has-fifty-characters-0123456789-01234567", "0123456789-01234567", "0123456789-012345678", "7", "--", "zzz-", "zzz~",
        "%", "_", "a%c", "a_c", @"\", @"\%", "'", "\"", "*", "a*", "?", "[a-z]", "~", " ", "a b", "abc ", "a+b", "{", "\u007f", "é", "É", "İ", "ı", "K", "ß", "日", "🐢",
        "\0", "a\0", "\0abc", "\ud83d", "a\ud83d", "abc OR zzz", "abc\" OR \"zzz", "NEAR(a b)", "^abc", "abc AND zzz", "-abc",
    ];

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
    public async Task A_search_finds_whose_name_has_it_and_no_other()
    {
        foreach (var name in Names)
            await CreateAsync(tenant, name);
        await CreateAsync(await Tenant.AnotherAsync(control), "abc-of-another");
        var all = await FindAsync(null);
        all.Select(project => project.Name).ShouldBe(Names.Append(all.Single(project => project.Id == tenant.Project).Name).Order(StringComparer.Ordinal));

        foreach (var search in Searches)
            (await FindAsync(search)).Select(project => project.Name).ShouldBe(
                all.Select(project => project.Name).Where(name => name.Contains(search.ToLowerInvariant(), StringComparison.Ordinal)), $"«{search}»");
        foreach (var project in all)
            (await FindAsync(project.Id.ToString().ToUpperInvariant())).Select(found => found.Name).ShouldBe([project.Name]);
        (await FindAsync(all[0].Id.ToString()[..30])).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_search_follows_names_that_change_and_projects_that_go()
    {
        var (first, second) = (await CreateAsync(tenant, "before-this"), await CreateAsync(tenant, "beside-this"));

        await UseAsync(projects => projects.UpdateAsync(tenant.Caller, first, "after-this", null, default));
        (await FindAsync("before")).ShouldBeEmpty();
        (await FindAsync("after")).Select(project => project.Id).ShouldBe([first]);
        (await FindAsync("this")).Select(project => project.Id).ShouldBe([first, second]);

        await UseAsync(projects => projects.UpdateAsync(tenant.Caller, first, null, "only a description", default));
        (await FindAsync("this")).Count.ShouldBe(2);

        await (tenant with { Project = second }).DeleteProjectAsync();
        (await FindAsync("this")).Select(project => project.Id).ShouldBe([first]);
    }

    [Fact]
    public async Task A_token_of_one_project_finds_that_one_only()
    {
        var (first, _) = (await CreateAsync(tenant, "one-of-two"), await CreateAsync(tenant, "two-of-two"));
        var caller = tenant.Caller with { OnlyProject = first };

        (await FindAsync("of-two", caller)).Select(project => project.Id).ShouldBe([first]);
        (await FindAsync("two-of", caller)).ShouldBeEmpty();
        (await FindAsync(null, caller)).Select(project => project.Id).ShouldBe([first]);
    }

    async Task<ProjectId> CreateAsync(Tenant tenant, string name) =>
        (await UseAsync(projects => projects.CreateAsync(tenant.Caller, tenant.Caller.Organizations[0], name, null, default))).Value.Id;

    /// <summary>By name, from two pages.</summary>
    async Task<List<Project>> FindAsync(string? search, Caller? caller = null)
    {
        var found = new List<Project>();
        for (var page = 1; page <= 2; page++)
        {
            var listing = (await UseAsync(projects => projects.ListAsync(
                caller ?? tenant.Caller, tenant.Caller.Organizations[0], search, ProjectOrder.Name, descending: false, new(page, 10), default))).Value;
            found.AddRange(listing.Items);
            if (page == 2)
                found.Count.ShouldBe(listing.Total);
        }
        return found;
    }

    async Task<T> UseAsync<T>(Func<Projects, Task<T>> use)
    {
        await using var scope = control.CreateAsyncScope();
        return await use(scope.ServiceProvider.GetRequiredService<Projects>());
    }
}

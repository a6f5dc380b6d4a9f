using Islet.Contracts;
using Islet.ControlPlane;
using Islet.ControlPlane.Builds;
using Microsoft.Extensions.Options;

namespace Islet.Tests.ControlPlane;

public sealed class ModuleCachesTests : IDisposable
{
    static readonly OrganizationId Organization = new(Guid.Parse("00000000-0000-0000-0000-000000000001"));

    readonly string data = Directory.CreateTempSubdirectory("islet-caches-").FullName;

    public void Dispose() => Directory.Delete(data, recursive: true);

    [Theory]
    [InlineData("a clean stop", true)]
    [InlineData("a kill", true)]
    [InlineData("a power loss", false)]
    public async Task Cache_is_kept_unless_the_machine_went_down_under_it(string end, bool kept)
    {
        var module = await FetchAsync(await StartAsync());
        if (end == "a clean stop")
            (await StartAsync()).Close();
        if (end == "a power loss")
            await File.WriteAllTextAsync(Path.Combine(data, "modules", "unsynced"), "another boot");

        await using var use = await (await StartAsync()).EnterAsync(Organization, new("aaaaaaaaaaaa"));

        File.Exists(module).ShouldBe(kept);
        Directory.Exists(use.Directory).ShouldBeTrue();
    }

    [Fact]
    public async Task Cache_that_was_half_removed_is_removed()
    {
        Directory.CreateDirectory(Path.Combine(data, "modules", Organization + ".thrown", "npm"));

        await StartAsync();

        Directory.GetDirectories(Path.Combine(data, "modules")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Cache_that_outgrew_its_bound_is_taken_away_before_the_next_build_but_never_during_one()
    {
        var caches = await StartAsync(mostBytes: 100);
        string module;
        await using (var first = await caches.EnterAsync(Organization, new("aaaaaaaaaaaa")))
        {
            module = Path.Combine(first.Directory, "module");
            await File.WriteAllTextAsync(module, new string('x', 1000));
            first.Grew(1000);
            await using var during = await caches.EnterAsync(Organization, new("bbbbbbbbbbbb"));
            File.Exists(module).ShouldBeTrue();
            during.Grew(1000);
        }

        await using var after = await caches.EnterAsync(Organization, new("cccccccccccc"));

        File.Exists(module).ShouldBeFalse();
        Directory.GetDirectories(Path.Combine(data, "modules")).ShouldBe([after.Directory]);
    }

    [Fact]
    public async Task Builds_that_begin_at_once_have_the_same_cache_although_it_is_taken_away()
    {
        var caches = await StartAsync(mostBytes: 100);
        for (var round = 0; round < 100; round++)
        {
            await using (var before = await caches.EnterAsync(Organization, new("aaaaaaaaaaaa")))
            {
                Directory.CreateDirectory(Path.Combine(before.Directory, "npm", "package"));
                await File.WriteAllTextAsync(Path.Combine(before.Directory, "npm", "package", "index.js"), new string('x', 1000));
                before.Grew(1000);
            }
            await Parallel.ForAsync(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (builder, _) =>
            {
                await using var use = await caches.EnterAsync(Organization, new($"builder{builder:D5}"));
                Directory.CreateDirectory(Path.Combine(use.Directory, use.Work));
                Thread.Yield();
                await File.WriteAllTextAsync(Path.Combine(use.Directory, use.Work, "deno.lock"), "{}", CancellationToken.None);
            });
        }
    }

    async Task<ModuleCaches> StartAsync(long mostBytes = 1 << 30)
    {
        var caches = new ModuleCaches(
            new ToldJail(),
            Options.Create(new ControlPlaneOptions { DataDirectory = data }), Options.Create(new BuildsOptions { MaxCacheBytes = mostBytes }));
        await caches.OpenAsync();
        return caches;
    }

    static async Task<string> FetchAsync(ModuleCaches caches)
    {
        await using var use = await caches.EnterAsync(Organization, new("aaaaaaaaaaaa"));
        var module = Path.Combine(use.Directory, "module");
        await File.WriteAllTextAsync(module, "fetched");
        return module;
    }
}

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
    public void Cache_is_kept_unless_the_machine_went_down_under_it(string end, bool kept)
    {
        var module = Fetch(Start());
        if (end == "a clean stop")
            Start().Close();
        if (end == "a power loss")
            File.WriteAllText(Path.Combine(data, "modules", "unsynced"), "another boot");

        using var use = Start().Enter(Organization, new("aaaaaaaaaaaa"));

        File.Exists(module).ShouldBe(kept);
        Directory.Exists(use.Directory).ShouldBeTrue();
    }

    [Fact]
    public void Cache_that_was_half_removed_is_removed()
    {
        Directory.CreateDirectory(Path.Combine(data, "modules", Organization + ".thrown", "npm"));

        Start();

        Directory.GetDirectories(Path.Combine(data, "modules")).ShouldBeEmpty();
    }

    [Fact]
    public void Cache_that_outgrew_its_bound_is_taken_away_before_the_next_build_but_never_during_one()
    {
        var caches = Start(mostBytes: 100);
        string module;
        using (var first = caches.Enter(Organization, new("aaaaaaaaaaaa")))
        {
            module = Path.Combine(first.Directory, "module");
            File.WriteAllText(module, new string('x', 1000));
            first.Grew(1000);
            using var during = caches.Enter(Organization, new("bbbbbbbbbbbb"));
            File.Exists(module).ShouldBeTrue();
            during.Grew(1000);
        }

        using var after = caches.Enter(Organization, new("cccccccccccc"));

        File.Exists(module).ShouldBeFalse();
        Directory.GetDirectories(Path.Combine(data, "modules")).ShouldBe([after.Directory]);
    }

    [Fact]
    public void Builds_that_begin_at_once_have_the_same_cache_although_it_is_taken_away()
    {
        var caches = Start(mostBytes: 100);
        for (var round = 0; round < 100; round++)
        {
            using (var before = caches.Enter(Organization, new("aaaaaaaaaaaa")))
            {
                Directory.CreateDirectory(Path.Combine(before.Directory, "npm", "package"));
                File.WriteAllText(Path.Combine(before.Directory, "npm", "package", "index.js"), new string('x', 1000));
                before.Grew(1000);
            }
            Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, builder =>
            {
                using var use = caches.Enter(Organization, new($"builder{builder:D5}"));
                Directory.CreateDirectory(Path.Combine(use.Directory, use.Work));
                Thread.Yield();
                File.WriteAllText(Path.Combine(use.Directory, use.Work, "deno.lock"), "{}");
            });
        }
    }

    ModuleCaches Start(long mostBytes = 1 << 30)
    {
        var caches = new ModuleCaches(
            Options.Create(new ControlPlaneOptions { DataDirectory = data }), Options.Create(new BuildsOptions { MaxCacheBytes = mostBytes }));
        caches.Open();
        return caches;
    }

    static string Fetch(ModuleCaches caches)
    {
        using var use = caches.Enter(Organization, new("aaaaaaaaaaaa"));
        var module = Path.Combine(use.Directory, "module");
        File.WriteAllText(module, "fetched");
        return module;
    }
}

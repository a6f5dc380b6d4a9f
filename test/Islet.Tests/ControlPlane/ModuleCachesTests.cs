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

    ModuleCaches Start()
    {
        var caches = new ModuleCaches(Options.Create(new ControlPlaneOptions { DataDirectory = data }), Options.Create(new BuildsOptions()));
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

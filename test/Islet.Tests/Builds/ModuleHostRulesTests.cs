using System.Net;
using Islet.ControlPlane.Builds;

namespace Islet.Tests.Builds;

public sealed class ModuleHostRulesTests
{
    [Theory]
    [InlineData("*", "https://modules.example/x.ts", true)]
    [InlineData("*", "http://modules.example/x.ts", false)]
    [InlineData("*", "https://modules.example:8443/x.ts", false)]
    [InlineData("modules.example", "https://modules.example/x.ts", true)]
    [InlineData("modules.example", "https://MODULES.example/x.ts", true)]
    [InlineData("modules.example", "https://other.example/x.ts", false)]
    [InlineData("modules.example", "https://modules.example.evil.example/x.ts", false)]
    [InlineData("modules.example", "https://modules.example@other.example/x.ts", false)]
    [InlineData("127.0.0.1:4507", "http://127.0.0.1:4507/x.ts", true)]
    [InlineData("127.0.0.1:4507", "http://127.0.0.1:4508/x.ts", false)]
    public void Only_what_is_named_or_public_may_be_asked(string host, string url, bool allowed) =>
        (Rules(host).Refuse(new(url)) is null).ShouldBe(allowed);

    [Fact]
    public void A_named_host_may_have_a_private_address_others_not()
    {
        var rules = Rules("*", "registry.internal");
        rules.MayConnect("registry.internal", 443, IPAddress.Parse("10.0.0.7")).ShouldBeTrue();
        rules.MayConnect("rebound.example", 443, IPAddress.Parse("10.0.0.7")).ShouldBeFalse();
        rules.MayConnect("public.example", 443, IPAddress.Parse("8.8.8.8")).ShouldBeTrue();
    }

    [Fact]
    public void The_registries_count_as_named()
    {
        var rules = new ModuleHostRules(new() { NpmRegistry = "http://npm.internal:4873/", JsrRegistry = "https://jsr.internal" });
        rules.Refuse(new("http://npm.internal:4873/hono")).ShouldBeNull();
        rules.Refuse(new("https://jsr.internal/@a/b/meta.json")).ShouldBeNull();
        rules.Refuse(new("https://elsewhere.example/")).ShouldNotBeNull();
    }

    static ModuleHostRules Rules(params string[] hosts)
    {
        var options = new BuildsOptions();
        foreach (var host in hosts)
            options.ModuleHosts.Add(host);
        return new(options);
    }
}

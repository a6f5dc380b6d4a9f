using System.Text;
using System.Text.Json.Nodes;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

/// <summary>Custom domains: registered, verified, attached, with certificates, deleted and back again.</summary>
public sealed class DomainEndpointsTests(ApiHost server) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task New_domain_has_its_records_and_is_not_verified()
    {
        var domain = await RegisterAsync("shop.Example-One.com");

        domain.AsObject().Select(member => member.Key).ShouldBe(
            ["id", "organizationId", "domain", "token", "isValidated", "certificates", "provisioningStatus", "dnsRecords", "createdAt", "updatedAt"]);
        ((string)domain["domain"]!).ShouldBe("shop.example-one.com");
        ((string)domain["token"]!).ShouldMatch("^[0-9a-f]{24}$");
        ((bool)domain["isValidated"]!).ShouldBeFalse();
        domain["certificates"]!.AsArray().ShouldBeEmpty();
        domain["provisioningStatus"]!.ToJsonString().ShouldBe("""{"code":"pending"}""");
        domain["dnsRecords"]!.AsArray().Select(record => $"{record!["type"]} {record["name"]} {record["content"]}").ShouldBe(
            ["A shop 127.0.0.1", "AAAA shop ::1", $"CNAME _acme-challenge.shop {domain["token"]}._acme.localhost."]);
    }

    [Theory]
    [InlineData("example-two.com", "@", "_acme-challenge")]
    [InlineData("*.example-three.com", "*", "_acme-challenge")]
    [InlineData("*.sub.example-three.com", "*.sub", "_acme-challenge.sub")]
    [InlineData("www.example-four.co.uk", "www", "_acme-challenge.www")]
    public async Task Records_are_named_within_their_zone(string name, string label, string challenge) =>
        (await RegisterAsync(name))["dnsRecords"]!.AsArray().Select(record => (string)record!["name"]!).ShouldBe([label, label, challenge]);

    [Theory]
    [InlineData("")]
    [InlineData("com")]
    [InlineData("*.com")]
    [InlineData("a.*.example.com")]
    [InlineData("10.0.0.1")]
    [InlineData("[::1]")]
    [InlineData("exa mple.com")]
    [InlineData("füchse.example.com")]
    [InlineData("under_score.example.com")]
    [InlineData("-a.example.com")]
    [InlineData("example.com.")]
    [InlineData("example.com:8000")]
    [InlineData("{project.name}.example.com")]
    [InlineData("foo.localhost")]
    [InlineData("*.localhost")]
    [InlineData("foo.deno.dev")]
    public async Task What_is_no_name_or_ours_is_refused(string name) =>
        (await ApiHost.RefusedAsync(400, PostDomain(name))).Message.ShouldStartWith("domain ");

    [Fact]
    public async Task Name_is_registered_once_in_an_organization()
    {
        await RegisterAsync("once.example.com");

        (await ApiHost.RefusedAsync(400, PostDomain("ONCE.example.com"))).Code.ShouldBe("domainInUse");
    }

    [Fact]
    public async Task Verification_says_what_is_missing_until_nothing_is()
    {
        var domain = await RegisterAsync("slow.example.com");
        server.Verifier.Told["slow.example.com"] = new("no record yet");

        var refused = await ApiHost.RefusedAsync(400, PostAsync($"domains/{domain["id"]}/verify"));
        refused.ShouldBe(("domainNotVerified", "The domain slow.example.com could not be verified: no record yet"));
        server.Verifier.Told.TryRemove("slow.example.com", out _);
        await VerifyAsync(domain);
        await VerifyAsync(domain);

        server.Verifier.Asked.Count(asked => asked.Name == "slow.example.com").ShouldBe(2);
        server.Verifier.Asked.ShouldContain(("slow.example.com", $"{domain["token"]}._acme.localhost"));
        ((bool)(await GetAsync(domain))["isValidated"]!).ShouldBeTrue();
    }

    [Fact]
    public async Task Attached_domains_lead_to_the_deployment_and_away_again()
    {
        var project = await server.NewProjectAsync("attach-me");
        var deployment = await BuiltAsync(project);
        await VerifyAsync(await RegisterAsync("*.attach.example.com"));
        var exact = await RegisterAsync("attach.example.com");
        await VerifyAsync(exact);

        foreach (var (given, host) in new[]
        {
            ("attach.example.com", "attach.example.com"), ("*.attach.example.com", "*.attach.example.com"), ("Foo.attach.example.com", "foo.attach.example.com"),
            ("my-{project.name}-{deployment.id}.attach.example.com", $"my-attach-me-{deployment["id"]}.attach.example.com"),
            ("{project.name}.deno.dev", "attach-me.localhost"),
        })
        {
            (await ApiHost.OkAsync(server.Http.PutAsync(Attachment(deployment, given), null)))["domain"]!.ToString().ShouldBe(host);
            server.Routes.Hosts[host].Deployment.Value.ShouldBe((string)deployment["id"]!);
        }
        var shown = (await ApiHost.OkAsync(server.Http.GetAsync($"deployments/{deployment["id"]}")))["domains"]!.AsArray().Select(host => (string)host!).ToList();
        shown.Count.ShouldBe(6);
        shown[0].ShouldBe($"attach-me-{deployment["id"]}.localhost");
        var seen = await GetAsync(exact);
        (seen["deploymentId"]!.ToString(), seen["projectId"]!.ToString()).ShouldBe((deployment["id"]!.ToString(), project["id"]!.ToString()));

        await ApiHost.OkNullAsync(server.Http.DeleteAsync(Attachment(deployment, "{project.name}.deno.dev")));
        await ApiHost.OkNullAsync(server.Http.DeleteAsync(Attachment(deployment, "attach.example.com")));
        server.Routes.Hosts.ShouldNotContainKey("attach-me.localhost");
        server.Routes.Hosts.ShouldNotContainKey("attach.example.com");
        (await ApiHost.RefusedAsync(404, server.Http.DeleteAsync(Attachment(deployment, "attach.example.com")))).Code.ShouldBe("domainNotFound");
    }

    [Theory]
    [InlineData("foo.unregistered.example.com", "badRequest")]
    [InlineData("a.b.half.example.com", "badRequest")]
    [InlineData("half.example.com", "badRequest")]
    [InlineData("{project.id}.half.example.com", "badRequest")]
    [InlineData("foo.half.example.com", "domainNotVerified")]
    [InlineData("foo.deno.dev", "badRequest")]
    [InlineData("{deployment.id}.deno.dev", "badRequest")]
    [InlineData("nonsense", "badRequest")]
    public async Task What_is_not_the_organizations_is_not_attached(string given, string code)
    {
        var deployment = await BuiltAsync(await server.NewProjectAsync());
        using var registered = await PostDomain("*.half.example.com");

        (await ApiHost.RefusedAsync(400, server.Http.PutAsync(Attachment(deployment, given), null))).Code.ShouldBe(code);
        var program = ApiHost.Program();
        program["domains"] = new JsonArray(given);
        var refused = await ApiHost.RefusedAsync(400, server.Http.PostAsync($"projects/{deployment["projectId"]}/deployments", ApiHost.Json(program)));
        refused.Code.ShouldBe(code);
        refused.Message.ShouldContain("domains[0]");
    }

    [Fact]
    public async Task Deployment_that_is_not_built_gets_no_domain()
    {
        var deployment = await server.DeployAsync(await server.NewProjectAsync());

        (await ApiHost.RefusedAsync(400, server.Http.PutAsync(Attachment(deployment, "{project.name}.deno.dev"), null))).Message.ShouldContain("build");
    }

    [Fact]
    public async Task Domains_of_a_create_move_when_the_build_succeeds()
    {
        await VerifyAsync(await RegisterAsync("*.moves.example.com"));
        var (first, second) = (await server.NewProjectAsync("moves-first"), await server.NewProjectAsync("moves-second"));
        var old = await BuiltAsync(first, "shared.moves.example.com", "{project.name}.moves.example.com");
        server.Routes.Hosts["moves-first.moves.example.com"].Deployment.Value.ShouldBe((string)old["id"]!);

        var program = ApiHost.Program();
        program["domains"] = new JsonArray("shared.moves.example.com");
        var newer = await server.DeployAsync(second, program);
        server.Routes.Hosts["shared.moves.example.com"].Deployment.Value.ShouldBe((string)old["id"]!);
        await server.BuiltAsync(newer);
        server.Routes.Hosts["shared.moves.example.com"].Deployment.Value.ShouldBe((string)newer["id"]!);
        server.Routes.Hosts["shared.moves.example.com"].Project.ToString().ShouldBe((string)second["id"]!);
    }

    [Fact]
    public async Task Deleted_domain_takes_its_hosts_away_and_brings_them_back()
    {
        var domain = await RegisterAsync("*.back.example.com");
        await VerifyAsync(domain);
        var deployment = await BuiltAsync(await server.NewProjectAsync(), "one.back.example.com", "two.back.example.com");

        await ApiHost.OkNullAsync(server.Http.DeleteAsync($"domains/{domain["id"]}"));
        server.Routes.Hosts.Keys.Where(host => host.EndsWith("back.example.com", StringComparison.Ordinal)).ShouldBeEmpty();
        (await ApiHost.OkAsync(server.Http.GetAsync($"deployments/{deployment["id"]}")))["domains"]!.AsArray().ShouldBeEmpty();

        // one comes back by a name that covers it alone, the other by the wildcard, for which nothing changes in DNS
        var single = await RegisterAsync("two.back.example.com");
        await VerifyAsync(single);
        server.Routes.Hosts.Keys.Where(host => host.EndsWith("back.example.com", StringComparison.Ordinal)).ShouldBe(["two.back.example.com"]);
        var again = await RegisterAsync("*.back.example.com");
        again["token"]!.ToString().ShouldBe(domain["token"]!.ToString());
        await VerifyAsync(again);
        server.Routes.Hosts["one.back.example.com"].Deployment.Value.ShouldBe((string)deployment["id"]!);
        (await ApiHost.OkAsync(server.Http.GetAsync($"deployments/{deployment["id"]}")))["domains"]!.AsArray().Count.ShouldBe(2);
    }

    [Fact]
    public async Task Proof_takes_a_name_from_whoever_had_it_and_trust_does_not()
    {
        var (stranger, organization, _) = await server.StrangerAsync();
        var mine = await RegisterAsync("fought.example.com");
        await VerifyAsync(mine);
        await BuiltAsync(await server.NewProjectAsync(), "fought.example.com");
        var theirs = await ApiHost.OkAsync(stranger.PostAsync($"organizations/{organization}/domains", ApiHost.Raw("""{"domain":"fought.example.com"}""")));
        theirs["token"]!.ToString().ShouldNotBe(mine["token"]!.ToString());

        server.Verifier.Told["fought.example.com"] = new(null, Proven: false);
        (await ApiHost.RefusedAsync(400, stranger.PostAsync($"domains/{theirs["id"]}/verify", null))).Code.ShouldBe("domainInUse");
        server.Routes.Hosts.ShouldContainKey("fought.example.com");

        server.Verifier.Told.TryRemove("fought.example.com", out _);
        await ApiHost.OkNullAsync(stranger.PostAsync($"domains/{theirs["id"]}/verify", null));
        ((bool)(await GetAsync(mine))["isValidated"]!).ShouldBeFalse();
        server.Routes.Hosts.ShouldNotContainKey("fought.example.com");
    }

    [Fact]
    public async Task Patch_leads_the_domain_itself_and_verifies_first()
    {
        var domain = await RegisterAsync("patched.example.com");
        var deployment = await BuiltAsync(await server.NewProjectAsync());

        await ApiHost.OkNullAsync(server.Http.PatchAsync($"domains/{domain["id"]}", ApiHost.Json(new JsonObject { ["deploymentId"] = (string)deployment["id"]! })));
        (await GetAsync(domain))["deploymentId"]!.ToString().ShouldBe(deployment["id"]!.ToString());
        server.Routes.Hosts.ShouldContainKey("patched.example.com");

        await ApiHost.OkNullAsync(server.Http.PatchAsync($"domains/{domain["id"]}", ApiHost.Raw("""{"deploymentId":null}""")));
        (await GetAsync(domain)).AsObject().ContainsKey("deploymentId").ShouldBeFalse();
        server.Routes.Hosts.ShouldNotContainKey("patched.example.com");
        (await ApiHost.RefusedAsync(404, server.Http.PatchAsync($"domains/{domain["id"]}", ApiHost.Raw("""{"deploymentId":"000000000000"}""")))).Code.ShouldBe("deploymentNotFound");
    }

    [Fact]
    public async Task Certificates_are_kept_by_kind_of_key_and_their_keys_sealed()
    {
        var domain = await RegisterAsync("tls.example.com");
        var pair = TestCertificates.Make("tls.example.com");
        await ApiHost.OkNullAsync(server.Http.PostAsync($"domains/{domain["id"]}/certificates", ApiHost.Json(pair.Body)));
        await ApiHost.OkNullAsync(server.Http.PostAsync($"domains/{domain["id"]}/certificates", ApiHost.Json(TestCertificates.Make("*.example.com", rsa: true).Body)));

        var seen = await GetAsync(domain);
        seen["provisioningStatus"]!.ToJsonString().ShouldBe("""{"code":"manual"}""");
        seen["certificates"]!.AsArray().Select(certificate => (string)certificate!["cipher"]!).ShouldBe(["rsa", "ec"]);
        seen["certificates"]![0]!.AsObject().Select(member => member.Key).ShouldBe(["cipher", "expiresAt", "createdAt", "updatedAt"]);
        await using var scope = server.Services.CreateAsyncScope();
        var id = Guid.Parse((string)domain["id"]!);
        foreach (var row in await scope.ServiceProvider.GetRequiredService<IsletDb>().DomainCertificates.AsNoTracking().Where(row => row.DomainId == id).ToListAsync())
        {
            row.Chain.ShouldNotContain("PRIVATE");
            Encoding.Latin1.GetString(row.SealedKey).ShouldNotContain("PRIVATE");
            row.SealedKey[0].ShouldBe((byte)1);
        }
    }

    public static TheoryData<string, string> BadCertificates()
    {
        var (good, other) = (TestCertificates.Make("bad.example.com"), TestCertificates.Make("bad.example.com"));
        return new()
        {
            { good.PrivateKey, other.Chain },
            { good.PrivateKey, TestCertificates.Make("other.example.com").Chain },
            { good.PrivateKey, "nonsense" },
            { "nonsense", good.Chain },
            { good.Chain, good.Chain },
            { good.PrivateKey, string.Concat(good.Chain.Split("-----END CERTIFICATE-----").Reverse().Skip(1).Select(part => part.Trim() + "\n-----END CERTIFICATE-----\n")) },
        };
    }

    [Theory]
    [MemberData(nameof(BadCertificates))]
    public async Task Certificate_that_does_not_fit_is_refused(string privateKey, string chain)
    {
        using var registered = await PostDomain("bad.example.com");
        var id = (await ApiHost.OkAsync(server.Http.GetAsync($"organizations/{server.First.OrganizationId}/domains?q=bad.example")))[0]!["id"];

        var body = new JsonObject { ["privateKey"] = privateKey, ["certificateChain"] = chain };
        (await ApiHost.RefusedAsync(400, server.Http.PostAsync($"domains/{id}/certificates", ApiHost.Json(body)))).Message.ShouldMatch("^(privateKey|certificateChain) ");
    }

    [Fact]
    public async Task Expired_or_small_keys_are_refused()
    {
        var domain = await RegisterAsync("old.example.com");
        foreach (var pair in (TestCertificates.Pair[])[TestCertificates.Make("old.example.com", validFor: TimeSpan.FromHours(-1)), TestCertificates.Make("old.example.com", rsa: true, rsaBits: 1024)])
            await ApiHost.RefusedAsync(400, server.Http.PostAsync($"domains/{domain["id"]}/certificates", ApiHost.Json(pair.Body)));
        (await GetAsync(domain))["certificates"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Provisioned_certificates_are_two()
    {
        var domain = await RegisterAsync("*.issued.example.com");

        await ApiHost.OkNullAsync(PostAsync($"domains/{domain["id"]}/certificates/provision"));

        var seen = await GetAsync(domain);
        ((bool)seen["isValidated"]!).ShouldBeTrue();
        seen["provisioningStatus"]!.ToJsonString().ShouldBe("""{"code":"success"}""");
        seen["certificates"]!.AsArray().Select(certificate => (string)certificate!["cipher"]!).ShouldBe(["rsa", "ec"]);
    }

    [Fact]
    public async Task List_is_sorted_and_searched()
    {
        foreach (var name in (string[])["list-b.example.com", "list-a.example.com", "list-c.example.com"])
            await RegisterAsync(name);

        (await NamesAsync("q=LIST-&sort=domain")).ShouldBe(["list-a.example.com", "list-b.example.com", "list-c.example.com"]);
        (await NamesAsync("q=list-&sort=created_at&order=desc")).ShouldBe(["list-c.example.com", "list-a.example.com", "list-b.example.com"]);
        (await NamesAsync("q=list-&limit=1&page=2")).ShouldBe(["list-a.example.com"]);

        async Task<IEnumerable<string>> NamesAsync(string query) =>
            (await ApiHost.OkAsync(server.Http.GetAsync($"organizations/{server.First.OrganizationId}/domains?{query}"))).AsArray().Select(domain => (string)domain!["domain"]!);
    }

    static string Attachment(JsonNode deployment, string domain) => $"deployments/{deployment["id"]}/domains/{Uri.EscapeDataString(domain)}";

    async Task<JsonNode> BuiltAsync(JsonNode project, params string[] domains)
    {
        var program = ApiHost.Program();
        if (domains.Length > 0)
            program["domains"] = new JsonArray([.. domains.Select(domain => (JsonNode)domain)]);
        var deployment = await server.DeployAsync(project, program);
        await server.BuiltAsync(deployment);
        return deployment;
    }

    Task<HttpResponseMessage> PostDomain(string name) =>
        server.Http.PostAsync($"organizations/{server.First.OrganizationId}/domains", ApiHost.Json(new JsonObject { ["domain"] = name }));

    Task<HttpResponseMessage> PostAsync(string path) => server.Http.PostAsync(path, content: null);

    Task<JsonNode> RegisterAsync(string name) => ApiHost.OkAsync(PostDomain(name));

    Task VerifyAsync(JsonNode domain) => ApiHost.OkNullAsync(PostAsync($"domains/{domain["id"]}/verify"));

    Task<JsonNode> GetAsync(JsonNode domain) => ApiHost.OkAsync(server.Http.GetAsync($"domains/{domain["id"]}"));
}

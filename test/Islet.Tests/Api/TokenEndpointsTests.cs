using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Islet.Tests.Api;

public sealed class TokenEndpointsTests(ApiHost server) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task A_token_is_shown_once_and_kept_as_a_hash()
    {
        using var islet = server.Islet();

        var made = await NewAsync(islet, """{"name":"ci","expiresInDays":30}""");

        made.AsObject().Select(member => member.Key).ShouldBe(["id", "name", "scope", "organizationId", "projectId", "createdAt", "expiresAt", "lastUsedAt", "token"]);
        ((string)made["scope"]!).ShouldBe("user");
        (Time(made["expiresAt"]) - Time(made["createdAt"])).ShouldBe(TimeSpan.FromDays(30));
        var secret = (string)made["token"]!;
        (await (await islet.GetAsync("tokens?limit=100")).Content.ReadAsStringAsync()).ShouldNotContain(secret);
        foreach (var file in Directory.EnumerateFiles(server.DataDirectory, "islet.db*"))
            Encoding.Latin1.GetString(await ReadAsync(file)).ShouldNotContain(secret, customMessage: file);
        using var client = server.Client(secret, "/islet/v1");
        (await ApiHost.OkAsync(client.GetAsync("tokens?limit=100"))).AsArray().ShouldContain(token => token!["id"]!.ToString() == made["id"]!.ToString());
    }

    [Fact]
    public async Task A_token_opens_nothing_from_the_answer_of_its_revocation_on()
    {
        using var islet = server.Islet();
        var made = await NewAsync(islet, """{"name":"short"}""");
        using var client = server.Client((string)made["token"]!);
        await ApiHost.OkAsync(client.GetAsync($"organizations/{server.First.OrganizationId}"));

        await ApiHost.OkAsync(islet.DeleteAsync($"tokens/{made["id"]}"));

        await ApiHost.RefusedAsync(401, client.GetAsync($"organizations/{server.First.OrganizationId}"));
        (await IsletDialect.RefusedAsync(404, islet.DeleteAsync($"tokens/{made["id"]}"))).Code.ShouldBe("tokenNotFound");
    }

    [Fact]
    public async Task A_token_reaches_what_it_was_made_for_and_makes_nothing_wider()
    {
        using var islet = server.Islet();
        var project = await server.NewProjectAsync();
        var other = await server.NewProjectAsync();
        var second = await ApiHost.OkAsync(islet.PostAsync("organizations", ApiHost.Raw("""{"name":"second"}""")));
        var ofOrganization = await NewAsync(islet, $$"""{"name":"org","scope":"organization","organizationId":"{{server.First.OrganizationId}}","expiresInDays":10}""");
        using var organization = server.Client((string)ofOrganization["token"]!, "/islet/v1");
        var ofProject = await NewAsync(organization, $$"""{"name":"project","scope":"project","projectId":"{{project["name"]}}"}""");
        using var narrow = server.Client((string)ofProject["token"]!, "/islet/v1");
        using var narrowV1 = server.Client((string)ofProject["token"]!);

        // 1 what each reaches
        (await ApiHost.OkAsync(organization.GetAsync("organizations"))).AsArray().Select(item => (string)item!["id"]!).ShouldBe([server.First.OrganizationId]);
        await IsletDialect.RefusedAsync(404, organization.GetAsync($"organizations/{second["id"]}"));
        await ApiHost.OkAsync(narrow.GetAsync($"projects/{project["id"]}/env"));
        await IsletDialect.RefusedAsync(404, narrow.GetAsync($"projects/{other["id"]}/env"));
        await ApiHost.RefusedAsync(404, narrowV1.DeleteAsync($"projects/{other["id"]}"));
        await IsletDialect.RefusedAsync(403, narrow.PatchAsync($"organizations/{server.First.OrganizationId}", ApiHost.Raw("""{"name":"x"}""")));
        await IsletDialect.RefusedAsync(403, narrow.DeleteAsync($"organizations/{server.First.OrganizationId}"));
        await IsletDialect.RefusedAsync(403, organization.PostAsync("organizations", ApiHost.Raw("""{"name":"x"}""")));

        // 2 what each makes
        Time(ofProject["expiresAt"]).ShouldBe(Time(ofOrganization["expiresAt"]), TimeSpan.FromSeconds(1));
        foreach (var wider in (string[])["user", "organization"])
            (await IsletDialect.RefusedAsync(403, narrow.PostAsync("tokens", Wanted(wider)))).Field.ShouldBe("scope");
        (await IsletDialect.RefusedAsync(403, organization.PostAsync("tokens", Wanted("user")))).Field.ShouldBe("scope");
        (await IsletDialect.RefusedAsync(400, organization.PostAsync("tokens", ApiHost.Raw("""{"name":"x","expiresInDays":11}""")))).Field.ShouldBe("expiresInDays");
        await IsletDialect.RefusedAsync(404, organization.PostAsync("tokens", ApiHost.Raw($$"""{"name":"x","scope":"organization","organizationId":"{{second["id"]}}"}""")));
        await IsletDialect.RefusedAsync(404, narrow.PostAsync("tokens", ApiHost.Raw($$"""{"name":"x","scope":"project","projectId":"{{other["id"]}}"}""")));
        var same = await NewAsync(narrow, """{"name":"twin"}""");
        ((string)same["projectId"]!).ShouldBe((string)project["id"]!);

        // 3 what each sees and revokes
        (await ApiHost.OkAsync(narrow.GetAsync("tokens"))).AsArray().Select(token => (string)token!["name"]!).ShouldBe(["project", "twin"]);
        await IsletDialect.RefusedAsync(404, narrow.DeleteAsync($"tokens/{ofOrganization["id"]}"));
        await ApiHost.OkAsync(narrow.DeleteAsync($"tokens/{same["id"]}"));

        HttpContent Wanted(string scope) => ApiHost.Raw($$"""{"name":"x","scope":"{{scope}}"}""");
    }

    [Fact]
    public async Task Tokens_of_another_person_are_not_there()
    {
        using var islet = server.Islet();
        var made = await NewAsync(islet, """{"name":"mine"}""");
        var (stranger, _) = await server.TenantAsync();
        using var client = stranger;

        await IsletDialect.RefusedAsync(404, client.DeleteAsync($"tokens/{made["id"]}"));
        (await ApiHost.OkAsync(client.GetAsync("tokens"))).AsArray().Select(token => (string)token!["name"]!).ShouldBe(["test"]);
        await IsletDialect.RefusedAsync(404, client.PostAsync("tokens", ApiHost.Raw($$"""{"name":"x","scope":"organization","organizationId":"{{server.First.OrganizationId}}"}""")));
    }

    [Theory]
    [InlineData("""{}""", "name")]
    [InlineData("""{"name":""}""", "name")]
    [InlineData("""{"name":"x","scope":"all"}""", "scope")]
    [InlineData("""{"name":"x","scope":1}""", "scope")]
    [InlineData("""{"name":"x","expiresInDays":0}""", "expiresInDays")]
    [InlineData("""{"name":"x","expiresInDays":366}""", "expiresInDays")]
    [InlineData("""{"name":"x","expiresInDays":"7"}""", "expiresInDays")]
    [InlineData("""{"name":"x","expiresInDays":1.5}""", "expiresInDays")]
    [InlineData("""{"name":"x","scope":"organization"}""", "organizationId")]
    [InlineData("""{"name":"x","scope":"organization","organizationId":"x"}""", "organizationId")]
    [InlineData("""{"name":"x","scope":"project"}""", "projectId")]
    [InlineData("""{"name":"x","scope":"user","projectId":"some-project"}""", "projectId")]
    public async Task A_token_that_cannot_be_is_refused_by_field(string body, string field)
    {
        using var islet = server.Islet();
        var before = (await ApiHost.OkAsync(islet.GetAsync("tokens?limit=100"))).AsArray().Count;

        (await IsletDialect.RefusedAsync(400, islet.PostAsync("tokens", ApiHost.Raw(body)))).Field.ShouldBe(field);

        (await ApiHost.OkAsync(islet.GetAsync("tokens?limit=100"))).AsArray().Count.ShouldBe(before);
    }

    static Task<JsonNode> NewAsync(HttpClient client, string body) => ApiHost.OkAsync(client.PostAsync("tokens", ApiHost.Raw(body)));

    static DateTimeOffset Time(JsonNode? node) => DateTimeOffset.Parse((string)node!, CultureInfo.InvariantCulture);

    static async Task<byte[]> ReadAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }
}

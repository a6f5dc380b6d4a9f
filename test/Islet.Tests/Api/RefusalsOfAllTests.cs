using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Islet.Tests.Api;

/// <summary>What no endpoint takes, asked of all in the route table by somebody who may do everything.</summary>
public sealed class RefusalsOfAllTests(ApiHost server) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task Bodies_that_are_no_object_of_json_are_400_and_write_nothing()
    {
        byte[][] bodies =
        [
            [], "null"u8.ToArray(), "[]"u8.ToArray(), "7"u8.ToArray(), "\"x\""u8.ToArray(), "{"u8.ToArray(), "{\"a\":1}x"u8.ToArray(),
            [0x7b, 0xff, 0x7d], [.. "{\"a\":\""u8, 0xed, 0xa0, 0x80, .. "\"}"u8], Encoding.UTF8.GetBytes($"{{\"a\":{new string('[', 5000)}{new string(']', 5000)}}}"),
        ];
        await EachAsync(async (endpoint, ids, client) =>
        {
            foreach (var body in bodies)
                await RefusedAsync(endpoint, client, endpoint.Ask(ids, new ByteArrayContent(body)), Encoding.Latin1.GetString(body));
        });
    }

    [Fact]
    public async Task Members_given_twice_or_of_a_wrong_type_are_400_and_write_nothing() => await EachAsync(async (endpoint, ids, client) =>
    {
        foreach (var (name, value) in JsonNode.Parse(endpoint.Body)!.AsObject())
        {
            var given = $"\"{name}\":{value!.ToJsonString()}";
            await RefusedAsync(endpoint, client, endpoint.Ask(ids, ApiHost.Raw(endpoint.Body.Insert(1, given + ","))), given + " twice");
            foreach (var wrong in (string[])["7", "1e400", "\"\\ud800\"", "[]", "[[]]", "{\"\":{}}", "true"])
            {
                if (KindOf(JsonNode.Parse(wrong)!) == KindOf(value) && wrong is not ("1e400" or "\"\\ud800\""))
                    continue;
                var body = JsonNode.Parse(endpoint.Body)!.AsObject();
                body.Remove(name);
                var text = body.ToJsonString().Insert(1, $"\"{name}\":{wrong}{(body.Count > 0 ? "," : "")}");
                await RefusedAsync(endpoint, client, endpoint.Ask(ids, ApiHost.Raw(text)), text);
            }
        }
    });

    [Fact]
    public async Task Huge_texts_are_400_and_write_nothing() => await EachAsync(async (endpoint, ids, client) =>
    {
        foreach (var (name, value) in JsonNode.Parse(endpoint.Body)!.AsObject())
        {
            if (KindOf(value!) != JsonValueKind.String)
                continue;
            var body = JsonNode.Parse(endpoint.Body)!.AsObject();
            body[name] = new string('x', 300_000);
            await RefusedAsync(endpoint, client, endpoint.Ask(ids, ApiHost.Json(body)), $"{name} huge");
        }
    });

    [Fact]
    public async Task Ids_that_cannot_be_are_400_or_404()
    {
        var known = await IdsAsync();
        foreach (var endpoint in ApiEndpoints.Of(server))
            foreach (var name in known.Keys.Where(name => name != "name" && endpoint.Pattern.Contains($"{{{name}}}", StringComparison.Ordinal)))
                foreach (var wrong in (string[])["x", "%00", "a%2fb", "'%20or%201=1--", "%ED%A0%80", new string('a', 3000)])
                {
                    using var request = endpoint.Ask(new Dictionary<string, string>(known) { [name] = wrong });
                    using var response = await server.Http.SendAsync(request);
                    ((int)response.StatusCode).ShouldBeOneOf([400, 404, 405], $"{endpoint} with {name} = {wrong[..Math.Min(20, wrong.Length)]}");
                }
    }

    [Fact]
    public async Task A_viewer_reads_and_changes_nothing()
    {
        var ids = await IdsAsync();
        using var viewer = await server.JoinAsync("viewer");
        string[] theirOwn = ["POST /islet/v1/organizations", "POST /api/organizations", "POST /islet/v1/tokens", "POST /islet/v1/invitations/accept", "DELETE /islet/v1/tokens/{tokenId}"];
        string[] notForViewers = ["/islet/v1/organizations/{organizationId}/invitations", "/islet/v1/organizations/{organizationId}/audit"];
        var before = await server.RowsAsync();

        foreach (var endpoint in ApiEndpoints.Of(server).Where(endpoint => endpoint.Method != "GET" && !theirOwn.Contains(endpoint.ToString())))
        {
            using var request = endpoint.Ask(ids);
            using var response = await viewer.SendAsync(request);
            var expected = !endpoint.Reads || notForViewers.Contains(endpoint.Pattern) ? 403
                : endpoint.Pattern.EndsWith("/secrets/{name}", StringComparison.Ordinal) || endpoint.Pattern.Contains("/crons/{name}/", StringComparison.Ordinal)
                    || endpoint.Pattern.EndsWith("/entry", StringComparison.Ordinal) ? 404 // there is none
                : 200;
            ((int)response.StatusCode).ShouldBe(expected, endpoint.ToString());
        }

        (await server.RowsAsync()).ShouldBe(before);
    }

    async Task EachAsync(Func<ApiEndpoint, Dictionary<string, string>, HttpClient, Task> check)
    {
        var ids = await IdsAsync();
        var before = await server.RowsAsync();
        var endpoints = ApiEndpoints.Of(server).Where(endpoint => endpoint.HasBody).ToList();
        endpoints.Count.ShouldBeGreaterThanOrEqualTo(14);

        foreach (var endpoint in endpoints)
            await check(endpoint, ids, server.Http);

        (await server.RowsAsync()).ShouldBe(before);
    }

    static async Task RefusedAsync(ApiEndpoint endpoint, HttpClient client, HttpRequestMessage request, string what)
    {
        using var _ = request;
        request.Content!.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).ShouldBe(400, $"{endpoint} took {what[..Math.Min(200, what.Length)]}: {text}");
        text.Length.ShouldBeLessThan(1000);
        response.Headers.GetValues("x-should-retry").ShouldBe(["false"]);
    }

    async Task<Dictionary<string, string>> IdsAsync()
    {
        var project = await server.NewProjectAsync();
        var deployment = await server.DeployAsync(project);
        await server.BuiltAsync(deployment);
        using var islet = server.Islet();
        var members = await ApiHost.OkAsync(islet.GetAsync($"organizations/{server.First.OrganizationId}/members"));
        var token = await ApiHost.OkAsync(islet.PostAsync("tokens", ApiHost.Raw("""{"name":"x"}""")));
        var invitation = await ApiHost.OkAsync(islet.PostAsync(
            $"organizations/{server.First.OrganizationId}/invitations", ApiHost.Raw($$"""{"email":"{{Guid.NewGuid():N}}@example.com","role":"viewer"}""")));
        var domain = await ApiHost.OkAsync(server.Http.PostAsync(
            $"organizations/{server.First.OrganizationId}/domains", ApiHost.Raw($$"""{"domain":"{{Guid.NewGuid():N}}.example.com"}""")));
        var database = await ApiHost.OkAsync(server.Http.PostAsync($"organizations/{server.First.OrganizationId}/databases", ApiHost.Raw("{}")));
        var backup = await ApiHost.OkAsync(server.Http.PostAsync($"databases/{database["id"]}/database_backups", ApiHost.Raw(ApiEndpoint.Backup)));
        return new(ApiEndpoint.Nobodys)
        {
            ["organizationId"] = server.First.OrganizationId,
            ["projectId"] = (string)project["id"]!,
            ["deploymentId"] = (string)deployment["id"]!,
            ["tokenId"] = (string)token["id"]!,
            ["userId"] = (string)members[0]!["userId"]!,
            ["invitationId"] = (string)invitation["id"]!,
            ["domainId"] = (string)domain["id"]!,
            ["databaseId"] = (string)database["id"]!,
            ["databaseBackupId"] = (string)backup["id"]!,
        };
    }

    static JsonValueKind KindOf(JsonNode value) => value.GetValueKind() is JsonValueKind.False ? JsonValueKind.True : value.GetValueKind();
}

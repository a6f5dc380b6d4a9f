using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

/// <summary>Who may call, and that what belongs to others looks exactly like what is not there.</summary>
public sealed class AccessTests(ApiHost server) : IClassFixture<ApiHost>
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer nonsense")]
    [InlineData("Bearer isl_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("Basic aXNsXw==")]
    public async Task Without_a_valid_token_everything_is_401(string? header)
    {
        using var client = server.Client(token: null);
        if (header is not null)
            client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", header);
        foreach (var path in (string[])[$"organizations/{server.First.OrganizationId}", "projects/x", "no/such/path", ""])
        {
            using var response = await client.GetAsync(path);
            response.Headers.WwwAuthenticate.Single().Scheme.ShouldBe("Bearer");
            (await ApiHost.RefusedAsync(401, Task.FromResult(response))).Code.ShouldBe("unauthorized");
        }
    }

    [Fact]
    public async Task Every_endpoint_hides_what_belongs_to_others()
    {
        var (stranger, _, _) = await server.StrangerAsync();
        var project = await server.NewProjectAsync();
        var deployment = await server.DeployAsync(project);
        await server.BuiltAsync(deployment);
        var domain = await ApiHost.OkAsync(server.Http.PostAsync($"organizations/{server.First.OrganizationId}/domains", ApiHost.Raw("""{"domain":"hidden.example.com"}""")));
        var database = await ApiHost.OkAsync(server.Http.PostAsync($"organizations/{server.First.OrganizationId}/databases", ApiHost.Raw("{}")));
        var backup = await ApiHost.OkAsync(server.Http.PostAsync($"databases/{database["id"]}/database_backups", ApiHost.Raw(ApiEndpoint.Backup)));
        using var islet = server.Islet();
        var token = await ApiHost.OkAsync(islet.PostAsync("tokens", ApiHost.Raw("""{"name":"theirs"}""")));
        var invitation = await ApiHost.OkAsync(islet.PostAsync(
            $"organizations/{server.First.OrganizationId}/invitations", ApiHost.Raw("""{"email":"theirs@example.com","role":"viewer"}""")));
        var members = await ApiHost.OkAsync(islet.GetAsync($"organizations/{server.First.OrganizationId}/members"));
        var ids = new Dictionary<string, string>(ApiEndpoint.Nobodys)
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
        var endpoints = ApiEndpoints.Of(server).Where(endpoint => endpoint.Pattern.Contains('{', StringComparison.Ordinal)).ToList();
        endpoints.Count(endpoint => endpoint.Pattern.StartsWith("/v1/", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(32);
        endpoints.Count(endpoint => endpoint.Pattern.StartsWith("/islet/v1/", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(20);
        endpoints.Count(endpoint => endpoint.Pattern.StartsWith("/api/", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(14);
        var before = await server.RowsAsync();

        foreach (var endpoint in endpoints)
        {
            var theirs = await AskAsync(ids);
            var nobodys = await AskAsync(ApiEndpoint.Nobodys);

            theirs.Status.ShouldBe(404, endpoint.ToString());
            theirs.ShouldBe(nobodys, endpoint.ToString());

            async Task<(int Status, string Body)> AskAsync(Dictionary<string, string> asked)
            {
                using var request = endpoint.Ask(asked);
                using var response = await stranger.SendAsync(request);
                var body = await response.Content.ReadAsStringAsync();
                foreach (var id in asked.Values)
                    body = body.Replace(id, "ID", StringComparison.Ordinal);
                return ((int)response.StatusCode, body);
            }
        }

        (await server.RowsAsync()).ShouldBe(before);
        (await ApiHost.OkAsync(server.Http.GetAsync($"deployments/{deployment["id"]}")))["status"]!.ToString().ShouldBe("success");
    }

    [Fact]
    public async Task Every_endpoint_wants_a_token()
    {
        using var nobody = server.Client(token: null);
        foreach (var endpoint in ApiEndpoints.Of(server).Where(endpoint => endpoint.Pattern is not "/islet/v1/invitations/accept" and not "/v1/openapi.json" and not "/islet/v1/openapi.json"))
        {
            using var request = endpoint.Ask(ApiEndpoint.Nobodys);
            using var response = await nobody.SendAsync(request);
            ((int)response.StatusCode).ShouldBe(401, endpoint.ToString());
        }
    }

    [Fact]
    public async Task Revoked_token_opens_nothing_at_once()
    {
        await using var scope = server.Services.CreateAsyncScope();
        var tokens = scope.ServiceProvider.GetRequiredService<Islet.ControlPlane.Tokens.Tokens>();
        var (_, organization, user) = await server.StrangerAsync();
        var (row, secret) = await tokens.CreateAsync(user, "soon gone", null, null, null, default);
        using var client = server.Client(secret);
        await ApiHost.OkAsync(client.GetAsync($"organizations/{organization}"));

        using var islet = server.Client(secret, "/islet/v1");
        await ApiHost.OkAsync(islet.DeleteAsync($"tokens/{row.Id}"));

        await ApiHost.RefusedAsync(401, client.GetAsync($"organizations/{organization}"));
    }

    [Fact]
    public async Task Expired_token_opens_nothing()
    {
        await using var scope = server.Services.CreateAsyncScope();
        var tokens = scope.ServiceProvider.GetRequiredService<Islet.ControlPlane.Tokens.Tokens>();
        var (_, organization, user) = await server.StrangerAsync();
        var (_, secret) = await tokens.CreateAsync(user, "late", null, null, TimeSpan.FromSeconds(-1), default);
        using var client = server.Client(secret);

        await ApiHost.RefusedAsync(401, client.GetAsync($"organizations/{organization}"));
    }

    [Fact]
    public async Task Token_of_a_project_sees_that_project_only()
    {
        var (stranger, organization, user) = await server.StrangerAsync();
        var mine = await ApiHost.OkAsync(stranger.PostAsync($"organizations/{organization}/projects", ApiHost.Raw("{}")));
        var other = await ApiHost.OkAsync(stranger.PostAsync($"organizations/{organization}/projects", ApiHost.Raw("{}")));
        await using var scope = server.Services.CreateAsyncScope();
        var tokens = scope.ServiceProvider.GetRequiredService<Islet.ControlPlane.Tokens.Tokens>();
        var (_, secret) = await tokens.CreateAsync(user, "narrow", organization, new ProjectId(Guid.Parse((string)mine["id"]!)), null, default);
        using var narrow = server.Client(secret);

        await ApiHost.OkAsync(narrow.GetAsync($"projects/{mine["id"]}"));
        await ApiHost.RefusedAsync(404, narrow.GetAsync($"projects/{other["id"]}"));
        await ApiHost.RefusedAsync(404, narrow.PostAsync($"organizations/{organization}/projects", ApiHost.Raw("{}")));
        (await ApiHost.OkAsync(narrow.GetAsync($"organizations/{organization}/projects"))).AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Last_use_is_written_off_the_request_path()
    {
        await ApiHost.OkAsync(server.Http.GetAsync($"organizations/{server.First.OrganizationId}"));

        await server.Services.GetRequiredService<TokenUses>().WriteAsync(default);

        await using var scope = server.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<Islet.ControlPlane.Storage.IsletDb>();
        var hash = TokenSecret.Hash(server.First.Token);
        db.Tokens.Single(token => token.Hash == hash).LastUsedAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task Unknown_path_is_404_in_json()
    {
        (await ApiHost.RefusedAsync(404, server.Http.GetAsync("no/such/path"))).Code.ShouldBe("notFound");
        (await ApiHost.RefusedAsync(404, server.Http.PostAsync("certificates", ApiHost.Raw("{}")))).Code.ShouldBe("notFound");
        (await ApiHost.RefusedAsync(404, server.Http.GetAsync(""))).Code.ShouldBe("notFound");
    }

    [Fact]
    public async Task Wrong_method_is_405_in_json_and_names_the_right_ones()
    {
        using var response = await server.Http.PutAsync("projects/some-project", content: null);

        response.Content.Headers.Allow.Order(StringComparer.Ordinal).ShouldBe(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH"]);
        (await ApiHost.RefusedAsync(405, Task.FromResult(response))).Code.ShouldBe("methodNotAllowed");
    }

    [Fact]
    public async Task Head_and_options_are_answered()
    {
        var path = $"organizations/{server.First.OrganizationId}";
        using var head = await server.Http.SendAsync(new(HttpMethod.Head, path));
        using var options = await server.Http.SendAsync(new(HttpMethod.Options, path));

        ((int)head.StatusCode).ShouldBe(200);
        head.Content.Headers.ContentLength!.Value.ShouldBeGreaterThan(50);
        (await head.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
        ((int)options.StatusCode).ShouldBe(200);
        options.Content.Headers.Allow.ShouldBe(["GET", "HEAD", "OPTIONS"], ignoreOrder: true);
    }

    [Fact]
    public async Task Same_endpoints_are_at_the_dashboards_prefix()
    {
        using var client = server.Client(server.First.Token, "/api/v1");

        await ApiHost.OkAsync(client.GetAsync($"organizations/{server.First.OrganizationId}"));
    }

    [Fact]
    public async Task Content_type_on_calls_without_a_body_does_no_harm()
    {
        var project = await server.NewProjectAsync();
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"projects/{project["id"]}") { Content = new ByteArrayContent([]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        using var response = await server.Http.SendAsync(request);

        (await response.Content.ReadAsStringAsync()).ShouldBe("null");
    }

    [Theory]
    [InlineData("organizations/x", "organizationId")]
    [InlineData("organizations/182bd5e5", "organizationId")]
    [InlineData("projects/Not_A_Name", "projectId")]
    [InlineData("deployments/string", "deploymentId")]
    [InlineData("deployments/abcde12vwxyzz", "deploymentId")]
    [InlineData("deployments/iiiiiiiiiiii", "deploymentId")]
    public async Task Malformed_id_is_400(string path, string field) =>
        (await ApiHost.RefusedAsync(400, server.Http.GetAsync(path))).Message.ShouldStartWith(field);
}

using System.Text.Json.Nodes;

namespace Islet.Tests.Api;

/// <summary>How our own dialect answers.</summary>
static class IsletDialect
{
    /// <summary>A body that makes a secret.</summary>
    public const string Secret = """{"value":"s3cret","hosts":["api.example.com"]}""";

    public static HttpClient Islet(this ApiHost server) => server.Client(server.First.Token, "/islet/v1");

    /// <summary>Another user's client, who is no operator, and their organization.</summary>
    public static async Task<(HttpClient Client, string Organization)> TenantAsync(this ApiHost server)
    {
        var (v1, organization, _) = await server.StrangerAsync();
        using (v1)
            return (server.Client(v1.DefaultRequestHeaders.Authorization!.Parameter, "/islet/v1"), organization.ToString());
    }

    /// <summary>A new person's client, who has taken an invitation to the first organization.</summary>
    public static async Task<HttpClient> JoinAsync(this ApiHost server, string role, string mount = "/islet/v1")
    {
        using var islet = server.Islet();
        var invitation = await ApiHost.OkAsync(islet.PostAsync(
            $"organizations/{server.First.OrganizationId}/invitations", ApiHost.Json(new JsonObject { ["email"] = $"{Guid.NewGuid():N}@example.com", ["role"] = role })));
        using var nobody = server.Client(token: null, "/islet/v1");
        var accepted = await ApiHost.OkAsync(nobody.PostAsync("invitations/accept", ApiHost.Json(new JsonObject
        {
            ["token"] = (string)invitation["token"]!, ["name"] = role, ["password"] = "correct horse battery",
        })));
        return server.Client((string)accepted["token"]!, mount);
    }

    /// <summary>Gives code and field, after the checks that hold for every error.</summary>
    public static async Task<(string Code, string? Field)> RefusedAsync(int status, Task<HttpResponseMessage> sending)
    {
        using var response = await sending;
        var text = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).ShouldBe(status, text);
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/json");
        response.Headers.GetValues("x-should-retry").ShouldBe(["false"]);
        var body = JsonNode.Parse(text)!.AsObject();
        body.Select(member => member.Key).ShouldBe(body.ContainsKey("field") ? ["code", "message", "field"] : ["code", "message"]);
        ((string)body["message"]!).ShouldNotBeEmpty();
        return ((string)body["code"]!, (string?)body["field"]);
    }
}

using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Islet.ControlPlane.Organizations;

namespace Islet.Server.SelfTest;

/// <summary>What tenants do: projects and deployments by the API, each program in a project of its own.</summary>
sealed class Tenants(HttpClient visitor, FirstCredentials first)
{
    static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(2);

    static readonly string Platform = $"http://{ServerUnderAttack.Domain}:{ServerUnderAttack.Port}";

    public string Organization { get; private init; } = first.OrganizationId.ToString();

    public string Token => first.Token;

    /// <summary>The same in an organization of its own.</summary>
    public async Task<Tenants> ApartAsync(string organization, CancellationToken cancellation)
    {
        var made = await CallAsync(HttpMethod.Post, "/islet/v1/organizations", new() { ["name"] = organization }, cancellation);
        return new Tenants(visitor, first) { Organization = (string)made["id"]! };
    }

    /// <summary>Lower limits of time than those of a node, so that what waits for them ends sooner.</summary>
    public Task LimitTimeAsync(CancellationToken cancellation) => CallAsync(HttpMethod.Patch, $"/islet/v1/organizations/{Organization}/limits", new()
    {
        ["eventLoopBlockedMs"] = 5_000,
        ["cpuMsPerRequestHard"] = 8_000,
    }, cancellation);

    /// <returns>The id of an empty KV database.</returns>
    public async Task<string> DatabaseAsync(CancellationToken cancellation) =>
        (string)(await CallAsync(HttpMethod.Post, $"/v1/organizations/{Organization}/databases", [], cancellation))["id"]!;

    /// <returns>Where it answers, or why it was not built.</returns>
    public async Task<Deployed> DeployAsync(string project, string source, IReadOnlyDictionary<string, string> variables, string? database, CancellationToken cancellation)
    {
        var made = await CallAsync(HttpMethod.Post, $"/v1/organizations/{Organization}/projects", new() { ["name"] = project }, cancellation);
        return await AgainAsync(Guid.Parse((string)made["id"]!), source, variables, database, cancellation);
    }

    /// <summary>One more deployment of the project.</summary>
    public async Task<Deployed> AgainAsync(Guid project, string source, IReadOnlyDictionary<string, string> variables, string? database, CancellationToken cancellation)
    {
        var env = new JsonObject(variables.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        var made = await CallAsync(HttpMethod.Post, $"/v1/projects/{project}/deployments", new()
        {
            ["entryPointUrl"] = "main.ts",
            ["assets"] = new JsonObject { ["main.ts"] = new JsonObject { ["kind"] = "file", ["content"] = source, ["encoding"] = "utf-8" } },
            ["envVars"] = env,
            ["databases"] = database is null ? new JsonObject() : new JsonObject { ["default"] = database },
        }, cancellation);
        var id = (string)made["id"]!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(BuildLimit);
        while (true)
        {
            var now = await CallAsync(HttpMethod.Get, $"/v1/deployments/{id}", null, limit.Token);
            if ((string)now["status"]! == "success")
            {
                await TextAsync($"/v1/deployments/{id}/build_logs", limit.Token); // ends when its routes are published
                return new(id, project, (string)now["domains"]![0]!, null);
            }
            if ((string)now["status"]! == "failed")
                return new(id, project, "", await TextAsync($"/v1/deployments/{id}/build_logs", limit.Token));
            await Task.Delay(100, limit.Token);
        }
    }

    /// <summary>Its stored log, as NDJSON or JSON text.</summary>
    public Task<string> LogAsync(string deployment, CancellationToken cancellation) =>
        TextAsync($"/v1/deployments/{deployment}/app_logs?limit=1000&since={Uri.EscapeDataString(DateTimeOffset.UtcNow.AddHours(-1).ToString("o"))}&until={Uri.EscapeDataString(DateTimeOffset.UtcNow.AddMinutes(1).ToString("o"))}", cancellation);

    public static HttpRequestMessage Request(string host, string path) =>
        new(HttpMethod.Get, $"http://{host}:{ServerUnderAttack.Port}{path}") { Headers = { Host = host } };

    async Task<JsonNode> CallAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellation)
    {
        using var answer = await SendAsync(method, path, body, "application/json", cancellation);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellation))!;
    }

    async Task<string> TextAsync(string path, CancellationToken cancellation)
    {
        using var answer = await SendAsync(HttpMethod.Get, path, null, "application/json", cancellation);
        return await answer.Content.ReadAsStringAsync(cancellation);
    }

    async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, JsonObject? body, string accept, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, Platform + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        request.Headers.Accept.ParseAdd(accept);
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), new MediaTypeHeaderValue("application/json"));
        var answer = await visitor.SendAsync(request, cancellation);
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException($"{method} {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellation)}");
        return answer;
    }

    public static FirstCredentials Read(string data) =>
        JsonSerializer.Deserialize<FirstCredentials>(File.ReadAllBytes(Path.Combine(data, "credentials.json")), JsonSerializerOptions.Web)!;
}

/// <param name="Failure">The log of the build that failed; null: it answers.</param>
sealed record Deployed(string Id, Guid Project, string Host, string? Failure);

using System.Text.Json.Nodes;
using Islet.ControlPlane.Storage;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

/// <summary>One method of one path.</summary>
public sealed record ApiEndpoint(string Method, string Pattern)
{
    /// <summary>Ids that can be put into the paths.</summary>
    public static readonly Dictionary<string, string> Nobodys = new(StringComparer.Ordinal)
    {
        ["organizationId"] = "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e",
        ["projectId"] = "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e",
        ["deploymentId"] = "000000000000",
        ["tokenId"] = "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e",
        ["userId"] = "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e",
        ["invitationId"] = "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e",
        ["domainId"] = "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e",
        ["databaseId"] = "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e",
        ["databaseBackupId"] = "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e",
        ["domain"] = "hidden.example.com",
        ["name"] = "API_KEY",
    };

    public const string Backup =
        """{"kind":"s3","endpoint":"https://s3.eu-west-1.example","bucketName":"copies","bucketRegion":"eu-west-1","accessKeyId":"key","secretAccessKey":"secret"}""";

    public bool Reads => Method is "GET" or "HEAD";

    /// <summary>There are calls that change and take nothing: their clients send no body, or any.</summary>
    public bool HasBody => Method is "POST" or "PATCH" or "PUT"
        && Pattern is not ("/v1/deployments/{deploymentId}/domains/{domain}" or "/v1/domains/{domainId}/verify" or "/v1/domains/{domainId}/certificates/provision"
            or "/islet/v1/projects/{projectId}/crons/{name}/run");

    /// <summary>A body that it takes. A new endpoint fails here until it tells one.</summary>
    public string Body => $"{Method} {Pattern}" switch
    {
        "POST /v1/organizations/{organizationId}/projects" => """{"name":"a-new-project","description":"text"}""",
        "PATCH /v1/projects/{projectId}" => """{"description":"text"}""",
        "POST /v1/projects/{projectId}/deployments" => ApiHost.Program().ToJsonString(),
        "POST /v1/deployments/{deploymentId}/redeploy" => """{"envVars":{"A":"b"},"description":"text"}""",
        "POST /v1/organizations/{organizationId}/domains" => """{"domain":"hidden.example.com"}""",
        "PATCH /v1/domains/{domainId}" => """{"deploymentId":"000000000000"}""",
        "POST /v1/domains/{domainId}/certificates" => TestCertificates.Make("hidden.example.com").Body.ToJsonString(),
        "POST /v1/organizations/{organizationId}/databases" or "PATCH /v1/databases/{databaseId}" => """{"description":"text"}""",
        "POST /v1/databases/{databaseId}/database_backups" => Backup,
        "POST /islet/v1/organizations" => """{"name":"A new one"}""",
        "PATCH /islet/v1/organizations/{organizationId}" => """{"name":"Another name"}""",
        "PATCH /islet/v1/organizations/{organizationId}/members/{userId}" => """{"role":"viewer"}""",
        "POST /islet/v1/organizations/{organizationId}/invitations" => """{"email":"person@example.com","role":"member"}""",
        "POST /islet/v1/invitations/accept" => $$"""{"token":"inv_{{new string('a', 40)}}"}""",
        "POST /islet/v1/tokens" => """{"name":"another","scope":"user","expiresInDays":7}""",
        "PUT /islet/v1/projects/{projectId}/env/{name}" => """{"value":"text"}""",
        "PUT /islet/v1/projects/{projectId}/secrets/{name}" => """{"value":"s3cret","hosts":["api.example.com"],"tls":true}""",
        "PATCH /islet/v1/organizations/{organizationId}/limits" or "PATCH /islet/v1/projects/{projectId}/limits" => """{"memoryBytes":134217728}""",
        "POST /api/organizations" => """{"name":"A new one"}""",
        "POST /api/projects" => """{"name":"a-new-project","envs":{"A":"b"}}""",
        "PATCH /api/projects/{projectId}" => """{"name":"another-name","envs":{"A":"b"}}""",
        "POST /api/projects/{projectId}/assets/negotiate" => """{"entries":{"main.ts":{"kind":"file","gitSha1":"0000000000000000000000000000000000000000","size":1}}}""",
        "POST /api/projects/{projectId}/deployment_with_assets" => """{"url":"main.ts","production":true}""", // which is part of a form: DashboardEndpointsTests
        "PUT /islet/v1/databases/{databaseId}/entry" => """{"value":{"type":"json","value":"text"}}""",
        "POST /islet/v1/databases/{databaseId}/entries/import" => """{"key":["a"],"value":{"type":"json","value":"text"}}""",
        var unknown => throw new InvalidOperationException($"Tell in {nameof(ApiEndpoints)}.cs which body {unknown} takes."),
    };

    /// <summary>Parameters that it cannot do without.</summary>
    public string Query =>
        Pattern.EndsWith("/entry", StringComparison.Ordinal) ? "?key=%5B%22a%22%5D"
        : this is { Method: "DELETE", Pattern: "/islet/v1/databases/{databaseId}/entries" } ? "?prefix=%5B%22a%22%5D"
        : "";

    public HttpRequestMessage Ask(IReadOnlyDictionary<string, string> ids, HttpContent? body = null)
    {
        var path = Pattern;
        foreach (var (name, id) in ids)
            path = path.Replace($"{{{name}}}", id, StringComparison.Ordinal);
        path.ShouldNotContain("{", customMessage: $"Tell in {nameof(ApiEndpoints)}.cs an id for {Pattern}");
        return new(new(Method), path + Query) { Content = body ?? (HasBody ? ApiHost.Raw(Body) : null) };
    }

    public override string ToString() => $"{Method} {Pattern}";
}

/// <summary>The route table, as tests want to see it.</summary>
public static class ApiEndpoints
{
    /// <summary>All of all dialects; the second place of version 1 and what catches the rest are left out.</summary>
    public static List<ApiEndpoint> Of(ApiHost server) =>
    [
        .. from endpoint in server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
           let pattern = endpoint.RoutePattern.RawText!
           where pattern.StartsWith("/v1/", StringComparison.Ordinal) || pattern.StartsWith("/islet/v1/", StringComparison.Ordinal)
               || (pattern.StartsWith("/api/", StringComparison.Ordinal) && !pattern.StartsWith("/api/v1/", StringComparison.Ordinal))
           from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
           select new ApiEndpoint(method, pattern),
    ];

    /// <summary>Rows of each table, but for the log of who tried what and for the count of what was read, which is written now and then.</summary>
    public static async Task<string> RowsAsync(this ApiHost server)
    {
        await using var scope = server.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        var rows = new JsonObject();
        foreach (var table in db.Model.GetEntityTypes().Select(entity => entity.GetTableName()!).Where(table => table is not ("AuditLog" or "Usage")).Order(StringComparer.Ordinal))
        {
            var count = $"SELECT COUNT(*) AS \"Value\" FROM \"{table}\"";
            rows[table] = await db.Database.SqlQueryRaw<int>(count).SingleAsync();
        }
        return rows.ToJsonString();
    }
}

using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Islet.Api;
using Islet.Contracts;
using Islet.ControlPlane;
using Islet.ControlPlane.Databases;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Logs;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Users;
using Islet.Kv;
using Islet.Tests.ControlPlane;
using Islet.Tests.Postgres;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Islet.Tests.Api;

/// <summary>The API and the control plane behind a real Kestrel, on a data directory of their own. Nothing builds or runs programs.</summary>
public sealed class ApiHost : IAsyncLifetime
{
    readonly string directory = Path.Combine(Path.GetTempPath(), "islet-api-" + Path.GetRandomFileName());

    readonly TestDatabase database = TestDatabase.Create();

    WebApplication? app;

    public HttpClient Http { get; private set; } = null!;

    public FirstCredentials First { get; private set; } = null!;

    internal RecordingIsolates Isolates { get; } = new();

    internal ToldVerifier Verifier { get; } = new();

    public string DataDirectory => directory;

    public IServiceProvider Services => app!.Services;

    public RouteSnapshot Routes => Services.GetRequiredService<RoutePublisher>().Current;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning).AddConsole());
        builder.Services.Configure<ControlPlaneOptions>(options => (options.DataDirectory, options.Database) = (directory, database.Address));
        builder.Services.AddSingleton<IIsolates>(Isolates);
        builder.Services.AddLogs(new() { TelemetryPath = Path.Combine(Directory.CreateDirectory(directory).FullName, "telemetry.db") });
        builder.Services.AddSingleton<IDomainVerifier>(Verifier);
        builder.Services.Configure<DomainsOptions>(options => options.Issuer = DomainsOptions.InternalIssuer);
        builder.Services.Configure<BackupsOptions>(options => options.Endpoints.Add("https://s3.{region}.example"));
        builder.Services.AddControlPlane().AddIsletApi().AddKv();
        builder.Services.Configure<KvOptions>(options => (options.Directory, options.Postgres) = (Path.Combine(directory, "kv"), database.Address));
        builder.Services.Configure<ApiOptions>(options => // a test class is one caller and in a hurry
            (options.CallsOfToken, options.CallsOfOrganization, options.CallsOfAddress) = (10_000, 20_000, 20_000));
        app = builder.Build();
        app.UseRouting();
        app.MapIsletApi();
        await app.StartAsync();
        First = Services.GetRequiredService<ControlPlaneStart>().First!;
        Http = Client(First.Token);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app!.StopAsync();
        await app.DisposeAsync();
        Directory.Delete(directory, recursive: true);
        database.Dispose();
    }

    public HttpClient Client(string? token, string mount = "/v1")
    {
        var client = new HttpClient { BaseAddress = new($"{app!.Urls.Single()}{mount}/") };
        if (token is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>Another user with an organization of their own.</summary>
    public async Task<(HttpClient Client, OrganizationId Organization, UserId User)> StrangerAsync()
    {
        await using var scope = Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        var now = DateTimeOffset.UnixEpoch;
        var user = new User { Id = new(Guid.NewGuid()), Email = Guid.NewGuid().ToString("N"), PasswordHash = "", CreatedAt = now };
        var organization = new Organization { Id = new(Guid.NewGuid()), Name = "stranger", CreatedAt = now, UpdatedAt = now };
        db.AddRange(user, organization, new Membership { OrganizationId = organization.Id, UserId = user.Id, CreatedAt = now });
        await db.SaveChangesAsync();
        var tokens = scope.ServiceProvider.GetRequiredService<Islet.ControlPlane.Tokens.Tokens>();
        var (_, secret) = await tokens.CreateAsync(user.Id, "test", null, null, null, default);
        return (Client(secret), organization.Id, user.Id);
    }

    public async Task<JsonNode> NewProjectAsync(string? name = null) =>
        await OkAsync(Http.PostAsync($"organizations/{First.OrganizationId}/projects", Json(new JsonObject { ["name"] = name })));

    /// <summary>A request body that is accepted.</summary>
    public static JsonObject Program(string content = "export default { fetch: () => new Response('hi') }") => new()
    {
        ["entryPointUrl"] = "main.ts",
        ["assets"] = new JsonObject { ["main.ts"] = new JsonObject { ["kind"] = "file", ["content"] = content } },
        ["envVars"] = new JsonObject(),
    };

    public async Task<JsonNode> DeployAsync(JsonNode project, JsonObject? program = null) =>
        await OkAsync(Http.PostAsync($"projects/{project["id"]}/deployments", Json(program ?? Program())));

    /// <summary>What the build queue does when all went well.</summary>
    public async Task BuiltAsync(JsonNode deployment, string? builder = null)
    {
        await using var scope = Services.CreateAsyncScope();
        (await scope.ServiceProvider.GetRequiredService<ActivateDeployment>()
            .RunAsync(new((string)deployment["id"]!), builder, new("artifact-1", Sha256: null), default)).ShouldBeTrue();
    }

    public async Task<(int Deployments, int Assets, int Manifests, int Files)> CountAsync()
    {
        await using var scope = Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        return (await db.Deployments.CountAsync(), await db.Assets.CountAsync(), await db.Manifests.CountAsync(),
            Directory.EnumerateFiles(Path.Combine(directory, "blobs"), "*", SearchOption.AllDirectories).Count());
    }

    public static StringContent Json(JsonNode body) => Raw(body.ToJsonString());

    public static StringContent Raw(string body) => new(body, Encoding.UTF8, "text/plain");

    public static async Task<JsonNode> OkAsync(Task<HttpResponseMessage> sending)
    {
        using var response = await sending;
        var text = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).ShouldBe(200, text);
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/json");
        return JsonNode.Parse(text)!;
    }

    /// <summary>For calls whose answer means nothing.</summary>
    public static async Task OkNullAsync(Task<HttpResponseMessage> sending)
    {
        using var response = await sending;
        var text = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).ShouldBe(200, text);
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/json");
        text.ShouldBe("null");
    }

    /// <summary>Gives code and message, after the checks that hold for every error.</summary>
    public static async Task<(string Code, string Message)> RefusedAsync(int status, Task<HttpResponseMessage> sending)
    {
        using var response = await sending;
        var text = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).ShouldBe(status, text);
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/json");
        response.Headers.GetValues("x-deno-ray").Single().ShouldMatch("^us-east4::[0-9a-f]{32}$");
        using var body = JsonDocument.Parse(text);
        body.RootElement.GetPropertyCount().ShouldBe(2);
        return (body.RootElement.GetProperty("code").GetString()!, body.RootElement.GetProperty("message").GetString()!);
    }
}

using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Databases;
using Islet.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.DenoDeploy;

using Databases = ControlPlane.Databases.Databases;

[Component("KvDatabase")]
sealed record DatabaseWire(Guid Id, Guid OrganizationId, string Description, DateTimeOffset UpdatedAt, DateTimeOffset CreatedAt)
{
    public static DatabaseWire Of(KvDatabase database) =>
        new(database.Id, database.OrganizationId.Value, database.Description, database.UpdatedAt, database.CreatedAt);
}

static class DatabaseEndpoints
{
    const string Tag = "database";

    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/organizations/{organizationId}/databases", List).WithMetadata(OfRowsOnly.Instance)
            .Describe("list_kv_databases", Tag, "List KV databases of an organization").AnswersMany<DatabaseWire>().Sdk("organizations.databases.list")
            .Pages("Id of a database", "created_at");
        group.MapPost("/organizations/{organizationId}/databases", Create)
            .Describe("create_kv_database", Tag, "Create a KV database").Answers<DatabaseWire>()
            .Sdk("organizations.databases.create").Takes("CreateKvDatabaseRequest", """{ "description": "Counters" }""");
        group.MapPatch("/databases/{databaseId}", Update)
            .Describe("update_kv_database", Tag, "Update a KV database").Answers<DatabaseWire>()
            .Sdk("databases.update").Takes("UpdateKvDatabaseRequest", """{ "description": "Counters and sessions" }""");
    }

    static async Task<IResult> List(string organizationId, HttpContext http, Databases databases, CancellationToken cancellation)
    {
        var query = ListQuery.Read(http.Request, "created_at");
        var outcome = await databases.ListAsync(
            http.Caller(), PathIds.Organization(organizationId), query.Search, query.Descending, query.Page, cancellation);
        return outcome.IsRefused(out var refusal)
            ? DenoDeployErrors.Refused(refusal)
            : ApiJson.Ok(outcome.Value.Items.Select(DatabaseWire.Of), query.Links(http.Request, outcome.Value));
    }

    static async Task<IResult> Create(string organizationId, HttpContext http, Databases databases, BodyReader bodies, CancellationToken cancellation)
    {
        var organization = PathIds.Organization(organizationId);
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Values, cancellation);
        return Answer(await databases.CreateAsync(http.Caller(), organization, body.Root.Object().Optional("description")?.Text(), cancellation));
    }

    static async Task<IResult> Update(string databaseId, HttpContext http, Databases databases, BodyReader bodies, CancellationToken cancellation)
    {
        var id = PathIds.Uuid(databaseId, nameof(databaseId));
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Values, cancellation);
        return Answer(await databases.UpdateAsync(http.Caller(), id, body.Root.Object().Optional("description")?.Text(), cancellation));
    }

    static IResult Answer(Outcome<KvDatabase> outcome) =>
        outcome.IsRefused(out var refusal) ? DenoDeployErrors.Refused(refusal) : ApiJson.Ok(DatabaseWire.Of(outcome.Value));
}

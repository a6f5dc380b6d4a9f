using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Databases;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.DenoDeploy;

/// <summary>A backup without its secret.</summary>
sealed record BackupWire(
    Guid Id, StatusWire Status, string Kind, string Endpoint, string BucketName, string BucketRegion, string AccessKeyId, string Prefix)
{
    public const string S3 = "s3";

    public static BackupWire Of(DatabaseBackup backup) => new(
        backup.Id, StatusOf(backup), S3, backup.Endpoint, backup.Bucket, backup.Region, backup.AccessKeyId, backup.Prefix);

    static StatusWire StatusOf(DatabaseBackup backup) => backup.Status switch
    {
        BackupStatus.Pending => new("pending"),
        BackupStatus.Active => new("active"),
        BackupStatus.Failed => new("failed", backup.Problem ?? "unknown"),
    };
}

[Component("EnableKvDatabaseBackupResponse")]
sealed record EnabledBackupWire(Guid Id);

static class BackupEndpoints
{
    const string Tag = "databaseBackup";

    const string Bucket =
        """
        {
          "kind": "s3", "endpoint": "https://s3.eu-west-1.amazonaws.com", "bucketName": "copies", "bucketRegion": "eu-west-1",
          "accessKeyId": "copier", "secretAccessKey": "s3cret", "prefix": "kv/"
        }
        """;

    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/databases/{databaseId}/database_backups", Enable)
            .Describe("enable_kv_backup", Tag, "Enable the backup of a KV database").Answers<EnabledBackupWire>().Takes("EnableKvDatabaseBackupRequest", Bucket)
            .Says("A database has one backup at most. Credentials that do not work show later, as the status failed.").Fails(409, 500);
        group.MapRead("/databases/{databaseId}/database_backups", List)
            .Describe("list_kv_backups", Tag, "List backups of a KV database").AnswersMany("KvDatabaseBackup").Says("None or one.");
        group.MapRead("/database_backups/{databaseBackupId}", Get)
            .Describe("get_kv_backup", Tag, "Get a backup").Answers("KvDatabaseBackup");
        group.MapDelete("/database_backups/{databaseBackupId}", Disable)
            .Describe("disable_kv_backup", Tag, "Disable a backup").Answers("DisableKvDatabaseBackupResponse")
            .Says("What was copied stays in the bucket.").Fails(409);
    }

    static async Task<IResult> Enable(string databaseId, HttpContext http, DatabaseBackups backups, BodyReader bodies, CancellationToken cancellation)
    {
        var id = PathIds.Uuid(databaseId, nameof(databaseId));
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Values, cancellation);
        var outcome = await backups.EnableAsync(http.Caller(), id, Read(body.Root.Object()), cancellation);
        return outcome.IsRefused(out var refusal) ? DenoDeployErrors.Refused(refusal) : ApiJson.Ok(new EnabledBackupWire(outcome.Value.Id));
    }

    static async Task<IResult> List(string databaseId, HttpContext http, DatabaseBackups backups, CancellationToken cancellation)
    {
        var outcome = await backups.ListAsync(http.Caller(), PathIds.Uuid(databaseId, nameof(databaseId)), cancellation);
        return outcome.IsRefused(out var refusal) ? DenoDeployErrors.Refused(refusal) : ApiJson.Ok(outcome.Value.Select(BackupWire.Of));
    }

    static async Task<IResult> Get(string databaseBackupId, HttpContext http, DatabaseBackups backups, CancellationToken cancellation)
    {
        var outcome = await backups.GetAsync(http.Caller(), PathIds.Uuid(databaseBackupId, nameof(databaseBackupId)), cancellation);
        return outcome.IsRefused(out var refusal) ? DenoDeployErrors.Refused(refusal) : ApiJson.Ok(BackupWire.Of(outcome.Value));
    }

    static async Task<IResult> Disable(string databaseBackupId, HttpContext http, DatabaseBackups backups, CancellationToken cancellation)
    {
        var refusal = await backups.DisableAsync(http.Caller(), PathIds.Uuid(databaseBackupId, nameof(databaseBackupId)), cancellation);
        return refusal is null ? ApiJson.Ok(new Dictionary<string, string>()) : DenoDeployErrors.Refused(refusal);
    }

    static BackupTarget Read(WireObject body)
    {
        var kind = body.Required("kind");
        if (kind.Text() != BackupWire.S3)
            throw kind.Bad($"must be \"{BackupWire.S3}\"");
        return new(
            body.Required("endpoint").Text(),
            body.Required("bucketName").Text(),
            body.Required("bucketRegion").Text(),
            body.Required("accessKeyId").Text(),
            body.Required("secretAccessKey").Text(),
            body.Optional("prefix")?.Text() ?? "");
    }
}

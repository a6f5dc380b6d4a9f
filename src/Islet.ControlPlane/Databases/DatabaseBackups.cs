using System.Text;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Secrets;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Databases;

/// <summary>Continuous backups of databases. The rows say what is wanted; what copies sets their status.</summary>
public sealed class DatabaseBackups(IsletDb db, SecretVault vault, IOptions<BackupsOptions> options, TimeProvider time)
{
    public async Task<Outcome<DatabaseBackup>> EnableAsync(Caller caller, Guid databaseId, BackupTarget target, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var database = await db.Databases.AsNoTracking().Of(caller).FirstOrDefaultAsync(row => row.Id == databaseId, cancellation);
        if (database is null)
            return Databases.NotFound(databaseId);
        if ((caller.Refuse(database.OrganizationId, Act.Deploy) ?? BackupRules.Check(target, options.Value.Endpoints)) is { } refusal)
            return refusal;
        if (await db.DatabaseBackups.AnyAsync(row => row.DatabaseId == databaseId, cancellation))
            return new Refusal(RefusalCode.Conflict, $"The database {databaseId} has a backup already: disable it first");
        var id = Guid.NewGuid();
        var row = new DatabaseBackup
        {
            Id = id,
            DatabaseId = databaseId,
            OrganizationId = database.OrganizationId,
            Endpoint = target.Endpoint,
            Bucket = target.Bucket,
            Region = target.Region,
            AccessKeyId = target.AccessKeyId,
            SealedSecret = vault.Seal(Encoding.UTF8.GetBytes(target.SecretAccessKey), Belonging(id, target.Endpoint)),
            Prefix = target.Prefix,
            Status = BackupStatus.Pending,
            CreatedAt = time.Moment(),
        };
        db.DatabaseBackups.Add(row);
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return row;
    }

    /// <summary>None or one.</summary>
    public async Task<Outcome<IReadOnlyList<DatabaseBackup>>> ListAsync(Caller caller, Guid databaseId, CancellationToken cancellation) =>
        await db.Databases.Of(caller).AnyAsync(row => row.Id == databaseId, cancellation)
            ? await db.DatabaseBackups.AsNoTracking().Of(caller).Where(row => row.DatabaseId == databaseId).ToListAsync(cancellation)
            : Databases.NotFound(databaseId);

    public async Task<Outcome<DatabaseBackup>> GetAsync(Caller caller, Guid id, CancellationToken cancellation) =>
        await db.DatabaseBackups.AsNoTracking().Of(caller).FirstOrDefaultAsync(row => row.Id == id, cancellation) is { } found ? found : NotFound(id);

    /// <summary>Null when done. What was copied stays in the bucket.</summary>
    public async Task<Refusal?> DisableAsync(Caller caller, Guid id, CancellationToken cancellation)
    {
        if ((await GetAsync(caller, id, cancellation)).IsRefused(out var refusal, out var backup))
            return refusal;
        if (caller.Refuse(backup.OrganizationId, Act.Deploy) is { } forbidden)
            return forbidden;
        return await db.DatabaseBackups.Where(row => row.Id == id).ExecuteDeleteAsync(cancellation) == 1 ? null : NotFound(id);
    }

    /// <summary>What a sealed secret belongs to: not even an operator's edit sends it to another endpoint.</summary>
    internal static string Belonging(Guid backup, string endpoint) => $"backup\n{backup:D}\n{endpoint}";

    static Refusal NotFound(Guid id) => new(RefusalCode.DatabaseBackupNotFound, $"The backup {id} does not exist or you have no access to it");
}

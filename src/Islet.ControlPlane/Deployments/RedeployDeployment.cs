using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Crons;
using Islet.ControlPlane.Databases;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.ControlPlane.Variables;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Deployments;

/// <summary>A new deployment from the same build with other settings. It gets its own host; the source keeps its hosts, unless the new one is to be production.</summary>
public sealed class RedeployDeployment(
    IsletDb db, ProductionDeployments production, DatabaseReferences references, DeploymentVariables variables, AuditLog audit, BuildBell bell, TimeProvider time)
{
    public async Task<Outcome<DeploymentView>> RunAsync(
        Caller caller, DeploymentId sourceId, DeploymentChanges changes, CancellationToken cancellation)
    {
        // 1 the source, held until the new row is there
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var source = await db.Deployments.AsNoTracking().Of(caller).FirstOrDefaultAsync(row => row.Id == sourceId, cancellation);
        if (source is null)
            return Deployments.NotFound(sourceId);
        if (caller.Refuse(source.OrganizationId, Act.Deploy) is { } forbidden)
            return forbidden;
        if (source.Status != DeploymentStatus.Success)
            return new Refusal(RefusalCode.BadRequest, "Only a deployment whose build succeeded can be redeployed", "deploymentId");

        // 2 check all
        var environment = Merge(source.Environment, changes.Environment);
        var databases = Merge(source.Databases, changes.Databases);
        if ((SettingsRules.Environment(environment, "envVars")
            ?? SettingsRules.Databases(databases)
            ?? SettingsRules.RequestTimeout(changes.RequestTimeout)
            ?? SettingsRules.Net(changes.Net)
            ?? SettingsRules.Description(changes.Description)) is { } refusal)
            return refusal;
        if (await references.CheckAsync(source.OrganizationId, databases, cancellation) is { } unknown)
            return unknown;
        var cronDatabase = CronDatabases.Of(source.EnableCron, databases);
        if (await CronDatabases.CheckAsync(db, source.ProjectId, cronDatabase, cancellation) is { } taken)
            return taken;
        if ((await variables.TakeAsync(source.ProjectId, environment, cancellation)).IsRefused(out refusal, out var inherited))
            return refusal;

        // 3 one row; the queue tries its boot
        var now = time.Moment();
        var row = new Deployment
        {
            Id = DeploymentIds.New(),
            OrganizationId = source.OrganizationId,
            ProjectId = source.ProjectId,
            Status = DeploymentStatus.Pending,
            CreatedAt = now,
            UpdatedAt = now,
            Description = changes.Description ?? source.Description,
            HostTemplates = changes.Production ? await production.TemplatesAsync(source.ProjectId, cancellation) : [HostTemplate.OfDeployment],
            Databases = databases,
            EnableCron = cronDatabase is not null,
            CronDatabaseId = cronDatabase,
            RequestTimeout = changes.RequestTimeout ?? source.RequestTimeout,
            PermissionsNet = changes.Net ?? source.PermissionsNet,
            EntryPoint = source.EntryPoint,
            ImportMap = source.ImportMap,
            LockFile = source.LockFile,
            CompilerOptions = source.CompilerOptions,
            ManifestSha256 = source.ManifestSha256,
            ArtifactId = source.ArtifactId,
            ArtifactSha256 = source.ArtifactSha256,
            Environment = environment,
            ProjectVariables = inherited.Sealed,
        };
        db.Deployments.Add(row);
        audit.Add(caller, row.OrganizationId, "deployment.redeploy", "deployment", row.Id.Value, $"from {sourceId}");
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        bell.Ring();
        return DeploymentView.Of(row, []);
    }

    static IReadOnlyDictionary<string, string> Merge(
        IReadOnlyDictionary<string, string> old, IReadOnlyDictionary<string, string?>? changes)
    {
        if (changes is null || changes.Count == 0)
            return old;
        var merged = new Dictionary<string, string>(old, StringComparer.Ordinal);
        foreach (var (name, value) in changes)
        {
            if (value is null)
                merged.Remove(name);
            else
                merged[name] = value;
        }
        return merged;
    }
}

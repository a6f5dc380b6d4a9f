using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Crons;
using Islet.ControlPlane.Databases;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.ControlPlane.Variables;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Deployments;

/// <summary>
/// Takes a deployment: everything is checked before anything is written, blobs are durable before the row that names
/// them, and that one row is what the client is told about.
/// </summary>
public sealed class CreateDeployment(
    IsletDb db, AssetIntake intake, AssetQuota quota, AttachableHosts attachable, ProductionDeployments production, DatabaseReferences databases, DeploymentVariables variables,
    AuditLog audit, BuildBell bell, TimeProvider time)
{
    public async Task<Outcome<DeploymentView>> RunAsync(
        Caller caller, ProjectId projectId, NewDeployment wanted, CancellationToken cancellation)
    {
        // 1 whose, and a name for it
        var project = await db.Projects.AsNoTracking().Of(caller).FirstOrDefaultAsync(row => row.Id == projectId, cancellation);
        if (project is null)
            return Gone(projectId);
        if (caller.Refuse(project.OrganizationId, Act.Deploy) is { } refusal)
            return refusal;
        var id = await NewIdAsync(project.Name, cancellation);

        // 2 check all
        refusal = CheckSettings(wanted);
        if (refusal is not null)
            return refusal;
        if ((await variables.TakeAsync(projectId, wanted.Environment, cancellation)).IsRefused(out refusal, out var inherited))
            return refusal;
        if ((await TemplatesAsync(wanted, project, id, caller, cancellation)).IsRefused(out refusal, out var templates))
            return refusal;
        if (await databases.CheckAsync(project.OrganizationId, wanted.Databases, cancellation) is { } unknown)
            return unknown;
        if (await CronDatabases.CheckAsync(db, projectId, CronDatabases.Of(wanted.EnableCron, wanted.Databases), cancellation) is { } taken)
            return taken;
        if (AssetTree.Plan(wanted.Assets).IsRefused(out refusal, out var tree))
            return refusal;
        if (Specifiers(wanted, tree).IsRefused(out refusal, out var specifiers))
            return refusal;

        // 3 blobs, then the row; once more when an unused content was collected in between
        Deployment? row;
        do
        {
            if ((await intake.CheckAsync(project.OrganizationId, wanted.Assets, tree, cancellation)).IsRefused(out refusal, out var intended))
                return refusal;
            refusal = await quota.CheckAsync(project.OrganizationId, intended, cancellation);
            if (refusal is not null)
                return refusal;
            await intake.WriteBlobsAsync(intended, cancellation);
            var manifest = intended.Manifest.Store();
            row = NewRow(id, project, wanted, inherited.Sealed, templates, specifiers, manifest);
            if ((await SaveAsync(caller, row, manifest, intended, cancellation)).IsRefused(out refusal, out var saved))
                return refusal;
            row = saved ? row : null;
        }
        while (row is null);

        // 4 somebody builds it
        bell.Ring();
        return DeploymentView.Of(row, []);
    }

    /// <summary>An id whose host is not the host of a project with an unlucky name.</summary>
    async Task<DeploymentId> NewIdAsync(string projectName, CancellationToken cancellation)
    {
        while (true)
        {
            var id = DeploymentIds.New();
            var host = HostTemplate.Resolve(HostTemplate.OfDeployment, projectName, id);
            if (!await db.Projects.AnyAsync(project => project.Name == host, cancellation))
                return id;
        }
    }

    static Refusal? CheckSettings(NewDeployment wanted) =>
        SettingsRules.Environment(wanted.Environment, "envVars")
        ?? SettingsRules.Description(wanted.Description)
        ?? SettingsRules.RequestTimeout(wanted.RequestTimeout)
        ?? SettingsRules.Net(wanted.Net)
        ?? SettingsRules.Databases(wanted.Databases)
        ?? (wanted.EnableCron && wanted.Databases.Count == 0
            ? new(RefusalCode.BadRequest, "enableCron needs a database: name one in databases.default", "enableCron")
            : null);

    async Task<Outcome<List<string>>> TemplatesAsync(NewDeployment wanted, Project project, DeploymentId id, Caller caller, CancellationToken cancellation)
    {
        if (wanted.Production)
            return await production.TemplatesAsync(project.Id, cancellation);
        if (wanted.Domains is not { } domains)
            return new List<string> { HostTemplate.OfDeployment };
        if (domains.Count > DeploymentLimits.Domains)
            return new Refusal(RefusalCode.BadRequest, $"domains must not have more than {DeploymentLimits.Domains} elements", "domains");
        var templates = new List<string>(domains.Count);
        for (var index = 0; index < domains.Count; index++)
        {
            var field = FieldPath.Item("domains", index);
            if ((await attachable.TemplateAsync(project.OrganizationId, domains[index], project.Name, id, field, cancellation)).IsRefused(out var refusal, out var template))
                return refusal;
            if (caller.OnlyProject is not null && await IsElsewhereAsync(HostTemplate.Resolve(template, project.Name, id), project.Id, cancellation))
                return new Refusal(RefusalCode.DomainInUse, $"{field}: \"{domains[index]}\" leads to a deployment of another project", field);
            if (!templates.Contains(template))
                templates.Add(template);
        }
        return templates;
    }

    Task<bool> IsElsewhereAsync(string host, ProjectId project, CancellationToken cancellation) =>
        db.MappedHosts.AnyAsync(row => row.Host == host && row.ProjectId != project, cancellation);

    static Outcome<(string EntryPoint, string? ImportMap, string? LockFile)> Specifiers(NewDeployment wanted, AssetTree tree)
    {
        if (ModuleSpecifier.Resolve(wanted.EntryPoint, tree, "entryPointUrl", "https:", "jsr:", "npm:").IsRefused(out var refusal, out var entryPoint))
            return refusal;
        var (importMap, lockFile) = (wanted.ImportMap, wanted.LockFile);
        if (importMap is { Length: > 0 }
            && ModuleSpecifier.Resolve(importMap, tree, "importMapUrl", "https:").IsRefused(out refusal, out importMap))
            return refusal;
        if (lockFile is { Length: > 0 }
            && ModuleSpecifier.Resolve(lockFile, tree, "lockFileUrl").IsRefused(out refusal, out lockFile))
            return refusal;
        return (entryPoint, importMap, lockFile);
    }

    Deployment NewRow(
        DeploymentId id, Project project, NewDeployment wanted, byte[]? inherited, List<string> templates,
        (string EntryPoint, string? ImportMap, string? LockFile) specifiers, StoredManifest manifest)
    {
        var now = time.Moment();
        return new()
        {
            Id = id,
            OrganizationId = project.OrganizationId,
            ProjectId = project.Id,
            Status = DeploymentStatus.Pending,
            CreatedAt = now,
            UpdatedAt = now,
            Description = wanted.Description ?? "",
            HostTemplates = templates,
            Databases = wanted.Databases,
            EnableCron = wanted.EnableCron,
            CronDatabaseId = CronDatabases.Of(wanted.EnableCron, wanted.Databases),
            RequestTimeout = wanted.RequestTimeout,
            PermissionsNet = wanted.Net,
            EntryPoint = specifiers.EntryPoint,
            ImportMap = specifiers.ImportMap,
            LockFile = specifiers.LockFile,
            CompilerOptions = wanted.CompilerOptions,
            ManifestSha256 = manifest.Sha256,
            Environment = wanted.Environment,
            ProjectVariables = inherited,
        };
    }

    /// <summary>
    /// False when one of the contents was collected meanwhile. Refused when the project was deleted, or when others have
    /// filled the organization's storage or enabled crons since it was checked; then the blobs are collected.
    /// </summary>
    async Task<Outcome<bool>> SaveAsync(Caller caller, Deployment row, StoredManifest manifest, IntendedAssets intended, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (!await db.Projects.AnyAsync(project => project.Id == row.ProjectId && project.OrganizationId == row.OrganizationId, cancellation))
            return Gone(row.ProjectId);
        if (await CronDatabases.CheckAsync(db, row.ProjectId, row.CronDatabaseId, cancellation) is { } taken)
            return taken;
        if (await quota.CheckAsync(row.OrganizationId, intended, cancellation) is { } exceeded)
            return exceeded;
        if (!await intake.SaveRowsAsync(row.OrganizationId, intended, manifest, cancellation))
            return false;
        db.Deployments.Add(row);
        audit.Add(caller, row.OrganizationId, "deployment.create", "deployment", row.Id.Value);
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    static Refusal Gone(ProjectId project) => new(RefusalCode.ProjectNotFound, $"The project {project} does not exist or you have no access to it");
}

using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Secrets;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Variables;

/// <param name="Value">Null for those who may not deploy.</param>
public sealed record VariableView(string Name, string? Value, DateTimeOffset UpdatedAt);

/// <summary>Variables of a project. A change counts for deployments and redeployments after it.</summary>
public sealed class ProjectVariables(IsletDb db, Projects.Projects projects, SecretVault vault, WriteVariables write, AuditLog audit, TimeProvider time)
{
    /// <summary>By name.</summary>
    public async Task<Outcome<IReadOnlyList<VariableView>>> ListAsync(Caller caller, string projectIdOrName, CancellationToken cancellation)
    {
        if ((await projects.FindAsync(caller, projectIdOrName, cancellation)).IsRefused(out var refusal, out var project))
            return refusal;
        var shown = caller.Refuse(project.OrganizationId, Act.Deploy) is null;
        var rows = await db.ProjectVariables.AsNoTracking().Where(row => row.ProjectId == project.Id).OrderBy(row => row.Name).ToListAsync(cancellation);
        return rows.ConvertAll(row => new VariableView(row.Name, shown ? DeploymentVariables.Open(vault, row) : null, row.UpdatedAt));
    }

    /// <summary>Names alone. The project must be one that the caller was given.</summary>
    public async Task<IReadOnlyList<string>> ListNamesAsync(ProjectId project, CancellationToken cancellation) =>
        await db.ProjectVariables.Where(row => row.ProjectId == project).OrderBy(row => row.Name).Select(row => row.Name).ToListAsync(cancellation);

    /// <summary>Makes it, or gives it another value.</summary>
    public async Task<Outcome<VariableView>> PutAsync(
        Caller caller, string projectIdOrName, string name, string value, CancellationToken cancellation)
    {
        if ((await projects.FindAsync(caller, projectIdOrName, cancellation)).IsRefused(out var refusal, out var project))
            return refusal;
        if (caller.Refuse(project.OrganizationId, Act.Deploy) is { } forbidden)
            return forbidden;

        // all together within the transaction, so that two at once do not pass the bounds
        await using var transaction = await db.Database.BeginTransactionAsync(System.Data.IsolationLevel.Serializable, cancellation);
        if (!await db.Projects.AnyAsync(row => row.Id == project.Id, cancellation))
            return Projects.Projects.NotFound(projectIdOrName);
        var now = time.Moment();
        if (await write.AddAsync(caller, project, new Dictionary<string, string?> { [name] = value }, "envVars", now, cancellation) is { } problem)
            return problem;
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return new VariableView(name, value, now);
    }

    /// <summary>Null when done.</summary>
    public async Task<Refusal?> DeleteAsync(Caller caller, string projectIdOrName, string name, CancellationToken cancellation)
    {
        if ((await projects.FindAsync(caller, projectIdOrName, cancellation)).IsRefused(out var refusal, out var project))
            return refusal;
        if (caller.Refuse(project.OrganizationId, Act.Deploy) is { } forbidden)
            return forbidden;
        if (await db.ProjectVariables.FirstOrDefaultAsync(row => row.ProjectId == project.Id && row.Name == name, cancellation) is not { } variable)
            return new(RefusalCode.VariableNotFound, $"{FieldPath.Entry("envVars", name)} does not exist");
        db.ProjectVariables.Remove(variable);
        audit.Add(caller, project.OrganizationId, "variable.delete", "variable", name, $"of {project.Name}");
        await db.SaveChangesAsync(cancellation);
        return null;
    }
}

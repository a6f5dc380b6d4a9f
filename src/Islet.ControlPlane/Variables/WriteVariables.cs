using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Secrets;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Variables;

/// <summary>Changes variables of a project within the transaction of whoever changes it.</summary>
public sealed class WriteVariables(IsletDb db, SecretVault vault, AuditLog audit)
{
    /// <summary>
    /// Null: they go with the next SaveChanges. Refused when all together are more than a deployment may have: so that two
    /// at once do not pass that, the transaction of a project that others know is serializable.
    /// </summary>
    /// <param name="changes">By name; null removes one, if it is there.</param>
    /// <param name="field">Where the changes came from, for refusals.</param>
    internal async Task<Refusal?> AddAsync(
        Caller caller, Project project, IReadOnlyDictionary<string, string?> changes, string field, DateTimeOffset now, CancellationToken cancellation)
    {
        if (changes.Count == 0)
            return null;
        var rows = await db.ProjectVariables.Where(row => row.ProjectId == project.Id).ToDictionaryAsync(row => row.Name, StringComparer.Ordinal, cancellation);
        var all = rows.ToDictionary(pair => pair.Key, pair => DeploymentVariables.Open(vault, pair.Value), StringComparer.Ordinal);
        foreach (var (name, value) in changes)
        {
            if (value is null)
                all.Remove(name);
            else
                all[name] = value;
        }
        if (SettingsRules.Environment(all, field) is { } refusal)
            return refusal;
        foreach (var (name, value) in changes)
            Change(project.Id, rows.GetValueOrDefault(name), name, value, now);
        audit.Add(caller, project.OrganizationId, "variable.put", "variable", string.Join(", ", changes.Keys), $"of {project.Name}");
        return null;
    }

    void Change(ProjectId project, ProjectVariable? row, string name, string? value, DateTimeOffset now)
    {
        if (value is null)
        {
            if (row is not null)
                db.ProjectVariables.Remove(row);
            return;
        }
        var sealedValue = DeploymentVariables.Seal(vault, project, name, value);
        if (row is not null)
            (row.Sealed, row.UpdatedAt) = (sealedValue, now);
        else
            db.ProjectVariables.Add(new() { ProjectId = project, Name = name, Sealed = sealedValue, UpdatedAt = now });
    }
}

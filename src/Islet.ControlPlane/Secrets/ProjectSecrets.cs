using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Secrets;

/// <summary>What may be seen of a secret: all but its value, which is write-only.</summary>
public sealed record SecretView(string Name, IReadOnlyList<string> Hosts, bool Tls, DateTimeOffset UpdatedAt);

/// <summary>Secrets of a project. A change counts for isolates that start after it; those that run keep what they started with.</summary>
public sealed class ProjectSecrets(
    IsletDb db, Projects.Projects projects, SecretVault vault, HostNames names, AuditLog audit, TimeProvider time)
{
    /// <summary>By name.</summary>
    public async Task<Outcome<IReadOnlyList<SecretView>>> ListAsync(Caller caller, string projectIdOrName, CancellationToken cancellation)
    {
        if ((await projects.FindAsync(caller, projectIdOrName, cancellation)).IsRefused(out var refusal, out var project))
            return refusal;
        return await db.Secrets.AsNoTracking().Where(row => row.ProjectId == project.Id).OrderBy(row => row.Name)
            .Select(row => new SecretView(row.Name, row.Hosts, row.Tls, row.UpdatedAt)).ToListAsync(cancellation);
    }

    public async Task<Outcome<SecretView>> GetAsync(Caller caller, string projectIdOrName, string name, CancellationToken cancellation)
    {
        if ((await projects.FindAsync(caller, projectIdOrName, cancellation)).IsRefused(out var refusal, out var project))
            return refusal;
        return await db.Secrets.AsNoTracking().FirstOrDefaultAsync(row => row.ProjectId == project.Id && row.Name == name, cancellation) is { } found
            ? View(found)
            : NotFound(name);
    }

    /// <summary>Makes it, or replaces all of it.</summary>
    public async Task<Outcome<SecretView>> PutAsync(
        Caller caller, string projectIdOrName, string name, string value, IReadOnlyList<string> hosts, bool tls, CancellationToken cancellation)
    {
        if ((await projects.FindAsync(caller, projectIdOrName, cancellation)).IsRefused(out var refusal, out var project))
            return refusal;
        if (caller.Refuse(project.OrganizationId, Act.Deploy) is { } forbidden)
            return forbidden;
        if ((SecretRules.Check(name, value) ?? SecretRules.Check(hosts, names)) is { } problem)
            return problem;
        string[] kept = [.. hosts.Select(host => host.ToLowerInvariant()).Distinct(StringComparer.Ordinal)];
        var sealedValue = vault.Seal(value, project.Id, name, kept, tls);

        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (!await db.Projects.AnyAsync(row => row.Id == project.Id, cancellation))
            return Projects.Projects.NotFound(projectIdOrName);
        var row = await db.Secrets.FirstOrDefaultAsync(row => row.ProjectId == project.Id && row.Name == name, cancellation);
        if (row is null && await db.Secrets.CountAsync(row => row.ProjectId == project.Id, cancellation) >= SecretRules.Secrets)
            return new Refusal(RefusalCode.BadRequest, $"A project must not have more than {SecretRules.Secrets} secrets");
        if (row is null)
            db.Secrets.Add(row = new() { ProjectId = project.Id, Name = name, Hosts = kept, Tls = tls, Sealed = sealedValue, UpdatedAt = time.Moment() });
        else
            (row.Hosts, row.Tls, row.Sealed, row.UpdatedAt) = (kept, tls, sealedValue, time.Moment());
        audit.Add(caller, project.OrganizationId, "secret.put", "secret", name, $"of {project.Name}, for {string.Join(", ", kept)}");
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return View(row);
    }

    /// <summary>Null when done.</summary>
    public async Task<Refusal?> DeleteAsync(Caller caller, string projectIdOrName, string name, CancellationToken cancellation)
    {
        if ((await projects.FindAsync(caller, projectIdOrName, cancellation)).IsRefused(out var refusal, out var project))
            return refusal;
        if (caller.Refuse(project.OrganizationId, Act.Deploy) is { } forbidden)
            return forbidden;
        if (await db.Secrets.FirstOrDefaultAsync(row => row.ProjectId == project.Id && row.Name == name, cancellation) is not { } secret)
            return NotFound(name);
        db.Secrets.Remove(secret);
        audit.Add(caller, project.OrganizationId, "secret.delete", "secret", name, $"of {project.Name}");
        await db.SaveChangesAsync(cancellation);
        return null;
    }

    static SecretView View(ProjectSecret row) => new(row.Name, row.Hosts, row.Tls, row.UpdatedAt);

    static Refusal NotFound(string name) => new(RefusalCode.SecretNotFound, $"{FieldPath.Entry("secrets", name)} does not exist");
}

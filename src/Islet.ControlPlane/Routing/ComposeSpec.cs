using System.Security.Cryptography;
using Islet.ControlPlane.Limits;
using Islet.ControlPlane.Secrets;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Routing;

/// <summary>
/// What a slot and the gateway are told: the deployment's settings, the project's secrets and what it may use, as they
/// are now. Placeholders are new each time, so two isolates never share one.
/// </summary>
public sealed class ComposeSpec(IsletDb db, SecretVault vault)
{
    const string PlaceholderStart = "islet-secret-";
    const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const int PlaceholderRandom = 32;

    /// <summary>The only name there is, see <see cref="Deployments.SettingsRules.Databases"/>.</summary>
    const string DefaultDatabase = "default";

    internal async Task<IsolateSpec> RunAsync(
        DeploymentId deployment, ProjectId project, OrganizationId organization, Artifact artifact,
        IReadOnlyDictionary<string, string> environment, IReadOnlyList<string>? net, IReadOnlyDictionary<string, string> databases, CancellationToken cancellation)
    {
        var limits = await EffectiveLimits.ReadAsync(db, organization, project, cancellation);
        var secrets = new List<EgressSecret>();
        foreach (var row in await db.Secrets.AsNoTracking().Where(row => row.ProjectId == project).OrderBy(row => row.Name).ToListAsync(cancellation))
            secrets.Add(new(row.Name, NewPlaceholder(), vault.Open(row), row.Hosts, row.Tls));
        return new(deployment, project, organization, artifact, Lay(secrets, environment), net) 
        {
            Limits = limits,
            Secrets = secrets,
            Database = databases.TryGetValue(DefaultDatabase, out var database) ? Guid.ParseExact(database, "D") : null,
        };
    }

    /// <summary>A secret wins over a variable of the same name.</summary>
    static IReadOnlyDictionary<string, string> Lay(List<EgressSecret> secrets, IReadOnlyDictionary<string, string> environment)
    {
        if (secrets.Count == 0)
            return environment;
        var laid = new Dictionary<string, string>(environment, StringComparer.Ordinal);
        foreach (var secret in secrets)
            laid[secret.Name] = secret.Placeholder;
        return laid;
    }

    static string NewPlaceholder() => PlaceholderStart + RandomNumberGenerator.GetString(Alphabet, PlaceholderRandom);
}

using System.Text;
using System.Text.Json;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Secrets;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Variables;

/// <summary>A project's variables as a deployment took them; null when there were none.</summary>
sealed record TakenVariables(byte[]? Sealed);

/// <summary>
/// What a deployment gets of its project's variables: a copy made when it is created, so that it stays what it was.
/// Sealed as the project's are, and opened only for the slot.
/// </summary>
public sealed class DeploymentVariables(IsletDb db, SecretVault vault)
{
    /// <summary>Refused when both together are more than a deployment may have.</summary>
    /// <param name="own">Variables of the deployment itself, which win.</param>
    internal async Task<Outcome<TakenVariables>> TakeAsync(ProjectId project, IReadOnlyDictionary<string, string> own, CancellationToken cancellation)
    {
        var rows = await db.ProjectVariables.AsNoTracking().Where(row => row.ProjectId == project).ToListAsync(cancellation);
        if (rows.Count == 0)
            return new TakenVariables(null);
        var taken = rows.ToDictionary(row => row.Name, row => Open(vault, row), StringComparer.Ordinal);
        if (SettingsRules.Environment(Lay(taken, own), "envVars") is { } refusal)
            return refusal;
        return new TakenVariables(vault.Seal(JsonSerializer.SerializeToUtf8Bytes(taken), Belonging));
    }

    /// <summary>All variables that the deployment runs with.</summary>
    internal IReadOnlyDictionary<string, string> Lay(DeploymentId deployment, byte[]? taken, IReadOnlyDictionary<string, string> own) => taken is null
        ? own
        : Lay(JsonSerializer.Deserialize<Dictionary<string, string>>(vault.Open(taken, Belonging, $"The project's variables of deployment {deployment}"))!, own);

    internal static string Open(SecretVault vault, ProjectVariable row) => Encoding.UTF8.GetString(
        vault.Open(row.Sealed, BelongingOf(row.ProjectId, row.Name), $"The variable {row.Name} of project {row.ProjectId}"));

    internal static byte[] Seal(SecretVault vault, ProjectId project, string name, string value) =>
        vault.Seal(Encoding.UTF8.GetBytes(value), BelongingOf(project, name));

    /// <summary>A redeployment takes its own copy; so a copy may belong to any deployment, and no other kind of row.</summary>
    const string Belonging = "variables of a deployment";

    static string BelongingOf(ProjectId project, string name) => $"variable\n{project}\n{name}";

    static Dictionary<string, string> Lay(Dictionary<string, string> below, IReadOnlyDictionary<string, string> own)
    {
        var laid = new Dictionary<string, string>(below, StringComparer.Ordinal);
        foreach (var (name, value) in own)
            laid[name] = value;
        return laid;
    }
}

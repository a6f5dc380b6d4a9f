namespace Islet.Contracts;

/// <summary>All that a slot is told at assignment. Equal specs start equal isolates.</summary>
/// <param name="Environment">The tenant's variables and the few of the platform; never a secret of the platform.</param>
/// <param name="Net">Hosts the program may reach: null is everything public, empty is nothing.</param>
public sealed record IsolateSpec(
    DeploymentId Deployment,
    ProjectId Project,
    OrganizationId Organization,
    Artifact Artifact,
    IReadOnlyDictionary<string, string> Environment,
    IReadOnlyList<string>? Net)
{
    public ProjectLimits Limits { get; init; } = ProjectLimits.Default;

    /// <summary>The KV database that <c>Deno.openKv()</c> opens; null: none.</summary>
    public Guid? Database { get; init; }

    /// <summary>Whether the program may have crons, see <see cref="IIsolateCrons"/>.</summary>
    public bool Crons { get; init; }

    /// <summary>Values that the program sees as placeholders and that only the gateway knows.</summary>
    public IReadOnlyList<EgressSecret> Secrets { get; init; } = [];
}

/// <summary>
/// A variable whose value never enters the slot. Its placeholder is in <see cref="IsolateSpec.Environment"/>; the gateway
/// puts the value into header values of requests to the named hosts.
/// </summary>
/// <param name="Hosts">Host names, lower case, without ports or wildcards.</param>
/// <param name="Tls">Whether the gateway may end TLS to these hosts for it; else plain HTTP only.</param>
public sealed record EgressSecret(string Name, string Placeholder, string Value, IReadOnlyList<string> Hosts, bool Tls)
{
    /// <summary>Without the value: specs end up in messages.</summary>
    public override string ToString() => $"{nameof(EgressSecret)} {Name}";
}

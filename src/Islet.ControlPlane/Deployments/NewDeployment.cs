using Islet.ControlPlane.Assets;

namespace Islet.ControlPlane.Deployments;

/// <summary>A deployment as a client wants it; nothing is checked yet but types. Null means that the client said nothing.</summary>
public sealed record NewDeployment(
    string EntryPoint,
    IReadOnlyList<NewAsset> Assets,
    IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>Null: discover, empty: none.</summary>
    public string? ImportMap { get; init; }

    /// <summary>Null: discover, empty: none.</summary>
    public string? LockFile { get; init; }

    /// <summary>JSON object with the published members only; null: discover.</summary>
    public string? CompilerOptions { get; init; }

    /// <summary>Null: the deployment's own host, empty: none.</summary>
    public IReadOnlyList<string>? Domains { get; init; }

    /// <summary>Instead of <see cref="Domains"/>: it takes the place of the project's production, see <see cref="ProductionDeployments"/>.</summary>
    public bool Production { get; init; }

    public IReadOnlyDictionary<string, string> Databases { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Milliseconds.</summary>
    public int? RequestTimeout { get; init; }

    /// <summary>Null: everything public, empty: nothing.</summary>
    public IReadOnlyList<string>? Net { get; init; }

    public string? Description { get; init; }

    public bool EnableCron { get; init; }
}

/// <summary>What a redeployment changes. Null members mean no change; null values in the maps remove the key.</summary>
public sealed record DeploymentChanges
{
    public IReadOnlyDictionary<string, string?>? Environment { get; init; }

    public IReadOnlyDictionary<string, string?>? Databases { get; init; }

    public int? RequestTimeout { get; init; }

    public IReadOnlyList<string>? Net { get; init; }

    public string? Description { get; init; }

    /// <summary>Whether the new one takes the place of the project's production, see <see cref="ProductionDeployments"/>.</summary>
    public bool Production { get; init; }
}

using System.Text.Json.Serialization;
using Islet.ControlPlane.Deployments;

namespace Islet.Api.Dashboard;

sealed record DomainMappingWire(string Domain, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>A deployment that was built.</summary>
sealed record BuiltWire(
    string Id, string Description, string Url, IEnumerable<DomainMappingWire> DomainMappings, Guid ProjectId, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    IReadOnlyList<string> EnvVars, IReadOnlyDictionary<string, string> KvDatabases)
{
    /// <summary>Set where it ends a deployment's progress.</summary>
    [JsonPropertyOrder(-1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Type { get; init; }

    public static BuiltWire Of(DeploymentDetail detail)
    {
        var view = detail.View;
        return new(
            view.Id.Value, view.Description, UrlOf(detail.EntryPoint), view.Domains.Select(domain => new DomainMappingWire(domain, view.UpdatedAt, view.UpdatedAt)),
            view.Project.Value, view.CreatedAt, view.UpdatedAt, detail.VariableNames, view.Databases);
    }

    /// <summary>The client takes what is not https for a file below <c>/src</c>, and stops at any other scheme: so it shows <c>jsr:</c> and <c>npm:</c> as they are.</summary>
    static string UrlOf(string entryPoint) =>
        entryPoint.StartsWith("https:", StringComparison.Ordinal) || entryPoint.StartsWith("file:", StringComparison.Ordinal) ? entryPoint : $"file:///src/{entryPoint}";
}

/// <summary>
/// A build and what came of it. Here they are one and have one id: the client puts now the one, now the other into paths.
/// </summary>
/// <param name="Deployment">Null until it was built, and when that failed.</param>
/// <param name="Logs">How it failed.</param>
sealed record BuildWire(string Id, string DeploymentId, BuiltWire? Deployment, ProjectWire Project, DateTimeOffset CreatedAt, IEnumerable<FailedWire> Logs)
{
    public static BuildWire Of(DeploymentDetail detail, ProjectWire project) => new(
        detail.View.Id.Value, detail.View.Id.Value, detail.View.Status == DeploymentStatus.Success ? BuiltWire.Of(detail) : null, project, detail.View.CreatedAt,
        detail.Failure is { } failure ? [FailedWire.Of(failure)] : []);
}

/// <summary>The end of a deployment that failed.</summary>
/// <param name="Ctx">Why, as the client shows it.</param>
sealed record FailedWire(string Type, string Code, string Ctx)
{
    const string UsualCode = "BUILD_FAILED";

    /// <summary>Reasons may begin with a code, such as <c>TIME_LIMIT</c>.</summary>
    public static FailedWire Of(string reason)
    {
        var first = reason.AsSpan().IndexOf(' ') is >= 0 and var end ? reason[..end] : reason;
        var isCode = first.Length > 0 && first.All(static character => char.IsAsciiLetterUpper(character) || character == '_');
        return new("error", isCode ? first : UsualCode, reason);
    }
}

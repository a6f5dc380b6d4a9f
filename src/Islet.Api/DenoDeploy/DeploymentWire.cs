using System.Text.Json.Serialization;
using Islet.Api.OpenApi;
using Islet.ControlPlane.Deployments;

namespace Islet.Api.DenoDeploy;

[Component("DeploymentPermissions")]
sealed record PermissionsWire(IReadOnlyList<string>? Net);

/// <summary>A deployment as this dialect shows it: settings are seen once the build has succeeded, domains are always a list, which the published document does not promise.</summary>
[Component("Deployment")]
sealed record DeploymentWire(
    [property: OfComponent("DeploymentId")] string Id,
    Guid ProjectId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Description,
    [property: OfComponent("DeploymentStatus")] string Status,
    IReadOnlyList<string>? Domains,
    IReadOnlyDictionary<string, Guid> Databases,
    int? RequestTimeout,
    PermissionsWire? Permissions,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    public static DeploymentWire Of(DeploymentView view)
    {
        var done = view.Status == DeploymentStatus.Success;
        return new(
            view.Id.Value,
            view.Project.Value,
            done ? view.Description : null,
            NameOf(view.Status),
            view.Domains,
            view.Databases.ToDictionary(pair => pair.Key, pair => Guid.ParseExact(pair.Value, "D"), StringComparer.Ordinal),
            done ? view.RequestTimeout : null,
            done && view.Net is { } net ? new(net) : null,
            view.CreatedAt,
            view.UpdatedAt);
    }

    static string NameOf(DeploymentStatus status) => status switch
    {
        DeploymentStatus.Pending => "pending",
        DeploymentStatus.Success => "success",
        DeploymentStatus.Failed => "failed",
    };
}

using System.Text.Json.Serialization;
using Islet.ControlPlane.Deployments;

namespace Islet.Api.DenoDeploy;

sealed record PermissionsWire(IReadOnlyList<string> Net);

/// <summary>A deployment as this dialect shows it: settings are seen once the build has succeeded, domains are always a list.</summary>
sealed record DeploymentWire(
    string Id,
    Guid ProjectId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Description,
    string Status,
    IReadOnlyList<string> Domains,
    IReadOnlyDictionary<string, string> Databases,
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
            view.Databases,
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

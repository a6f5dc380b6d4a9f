using System.Text.Json.Serialization;
using Islet.ControlPlane.Projects;

namespace Islet.Api.Dashboard;

/// <summary>The short form has neither the production deployment nor the names of variables. There is no repository behind a project, nor a playground.</summary>
sealed record ProjectWire(
    Guid Id, string Name, string Type, bool HasProductionDeployment, Guid OrganizationId, OrganizationWire Organization, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BuildWire? ProductionDeployment { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? EnvVars { get; init; }

    public static ProjectWire Of(Project project, OrganizationWire organization, bool hasProduction) => new(
        project.Id.Value, project.Name, "git", hasProduction, project.OrganizationId.Value, organization, project.CreatedAt, project.UpdatedAt);
}

using Islet.ControlPlane.Deployments;
using Islet.Contracts;

namespace Islet.Api.Wire;

/// <summary>Ids in paths. What cannot be an id is 400, what is one but leads nowhere is 404.</summary>
static class PathIds
{
    public static OrganizationId Organization(string text) => new(Uuid(text, "organizationId"));

    public static Guid Uuid(string text, string field) =>
        Guid.TryParseExact(text, "D", out var id) ? id : throw new WireException(field, "must be a UUID");

    public static DeploymentId Deployment(string text) =>
        DeploymentIds.IsOne(text) ? new(text) : throw new WireException("deploymentId", "must be the 12 characters of a deployment's id");
}

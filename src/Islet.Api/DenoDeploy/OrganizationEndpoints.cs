using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Organizations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.DenoDeploy;

[Component("Organization")]
sealed record OrganizationWire(Guid Id, string Name, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static OrganizationWire Of(Organization organization) =>
        new(organization.Id.Value, organization.Name, organization.CreatedAt, organization.UpdatedAt);
}

static class OrganizationEndpoints
{
    public static void Map(RouteGroupBuilder group) => group.MapRead("/organizations/{organizationId}", Get).WithMetadata(OfRowsOnly.Instance)
        .Describe("get_organization", "organization", "Get an organization").Answers<OrganizationWire>().Sdk("organizations.get");

    static async Task<IResult> Get(string organizationId, HttpContext http, Organizations organizations, CancellationToken cancellation)
    {
        var outcome = await organizations.GetAsync(http.Caller(), PathIds.Organization(organizationId), cancellation);
        return outcome.IsRefused(out var refusal)
            ? DenoDeployErrors.Refused(refusal)
            : ApiJson.Ok(OrganizationWire.Of(outcome.Value));
    }
}

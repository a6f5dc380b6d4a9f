using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Domains;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.DenoDeploy;

[Component("AttachDomainResponse")]
sealed record AttachmentWire(string Domain);

static class AttachmentEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapPut("/deployments/{deploymentId}/domains/{domain}", Attach)
            .Describe("attach_domain_to_deployment", "deployment", "Attach a domain to a deployment").Answers<AttachmentWire>()
            .Says("A domain that leads to another deployment of the organization is moved. {project.name} and {deployment.id} may stand in it.");
        group.MapDelete("/deployments/{deploymentId}/domains/{domain}", Detach)
            .Describe("detach_domain_from_deployment", "deployment", "Detach a domain from a deployment");
    }

    static async Task<IResult> Attach(string deploymentId, string domain, HttpContext http, AttachDomain attach, CancellationToken cancellation)
    {
        var outcome = await attach.RunAsync(http.Caller(), PathIds.Deployment(deploymentId), domain, cancellation);
        return outcome.IsRefused(out var refusal) ? DenoDeployErrors.Refused(refusal) : ApiJson.Ok(new AttachmentWire(outcome.Value));
    }

    static async Task<IResult> Detach(string deploymentId, string domain, HttpContext http, AttachDomain attach, CancellationToken cancellation)
    {
        var refusal = await attach.DetachAsync(http.Caller(), PathIds.Deployment(deploymentId), domain, cancellation);
        return refusal is null ? ApiJson.Ok() : DenoDeployErrors.Refused(refusal);
    }
}

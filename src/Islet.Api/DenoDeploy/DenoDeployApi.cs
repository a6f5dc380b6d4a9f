using Islet.Api.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.DenoDeploy;

/// <summary>The Deno Deploy dialect, version 1: all its paths, the methods of each, and JSON for everything else below them.</summary>
static class DenoDeployApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").AddEndpointFilter<RouteGroupBuilder, DenoDeployFilter>();
        OrganizationEndpoints.Map(group);
        ProjectEndpoints.Map(group);
        DeploymentEndpoints.Map(group);
        LogEndpoints.Map(group);
        AttachmentEndpoints.Map(group);
        DomainEndpoints.Map(group);
        DatabaseEndpoints.Map(group);
        BackupEndpoints.Map(group);
        AnalyticsEndpoints.Map(group);
        group.MapTheRest(DenoDeployErrors.WrongMethod, DenoDeployErrors.NoRoute);
    }
}

using Islet.Api.DenoDeploy;
using Islet.Api.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Api.Dashboard;

/// <summary>
/// What deployctl asks of the classic dashboard, below <c>/api</c>: it was never published, so what counts is how that
/// client reads it (<c>src/utils/api.ts</c> of denoland/deployctl). Tokens, ids, times and errors are those of version 1,
/// which is at <c>/api/v1</c> too; every success is 200, types are without a charset, streams an object a line and never
/// a blank one.
/// </summary>
static class DashboardApi
{
    public static void AddDashboard(this IServiceCollection services)
    {
        services.AddScoped<PathProjects>();
        services.AddScoped<ProjectView>();
        services.AddScoped<DeployProgress>();
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").AddEndpointFilter<RouteGroupBuilder, DenoDeployFilter>();
        OrganizationEndpoints.Map(group);
        ProjectEndpoints.Map(group);
        BuildEndpoints.Map(group);
        LogEndpoints.Map(group);
        UploadEndpoints.Map(group);
        MetaEndpoints.Map(group);
        group.MapTheRest(DenoDeployErrors.WrongMethod, DenoDeployErrors.NoRoute);

        // the client asks without a token, and shows the status to its user
        group.Map("/signin/cli/access_token", () => DenoDeployErrors.NotFound("There is no sign-in from the command line: set DENO_DEPLOY_TOKEN to a token"))
            .WithMetadata(OpenToAll.Instance);
    }
}

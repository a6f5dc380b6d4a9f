using Islet.Api.Connect;
using Islet.Api.Dashboard;
using Islet.Api.DenoDeploy;
using Islet.Api.Docs;
using Islet.Api.Islet;
using Islet.Api.OpenApi;
using Islet.Api.Rates;
using Islet.Api.Retries;
using Islet.Api.Wire;
using Islet.ControlPlane.Secrets;
using Islet.Kv.Connect;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Api;

public static class ApiSetup
{
    public static IServiceCollection AddIsletApi(this IServiceCollection services)
    {
        services.AddOptions<ApiOptions>();
        services.AddSingleton<BodyReader>();
        services.AddSingleton<CallRates>();
        services.AddSingleton<LostAnswers>();
        services.AddSingleton<RetryGuard>();
        services.AddSingleton<UnchangedAnswers>();
        services.AddSingleton<Surroundings>();
        services.AddLogEndpoints();
        services.AddSingleton(provider => new DataTokens(
            () => provider.GetRequiredService<SecretVault>().Derive("data tokens of KV Connect"), provider.GetRequiredService<TimeProvider>()));
        services.AddDashboard();
        return services.AddRouting();
    }

    /// <summary>
    /// Maps <c>/v1</c>, the same at <c>/api/v1</c> where deployctl looks for it, the rest of what that asks for at <c>/api</c>, <c>/islet/v1</c>, and <c>/healthz</c>, which answers once
    /// the server listens: by then tables and routes are ready. The documents of the dialects need no token,
    /// nor do their pages at <c>/docs</c>.
    /// </summary>
    public static IEndpointRouteBuilder MapIsletApi(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => Results.Text("ok"));
        DocsPages.Map(routes, Path.Combine(AppContext.BaseDirectory, "docs"));
        routes.MapDocument("/v1", DenoDeployDescription.All);
        routes.MapDocument("/api/v1", DenoDeployDescription.All);
        DenoDeployApi.Map(routes.MapGroup("/v1"));
        DenoDeployApi.Map(routes.MapGroup("/api/v1"));
        DashboardApi.Map(routes.MapGroup("/api"));
        routes.MapDocument("/islet/v1", IsletDescription.All);
        IsletApi.Map(routes.MapGroup("/islet/v1"));
        ConnectEndpoints.Map(routes);
        return routes;
    }
}

using Islet.ControlPlane.Artifacts;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane;

public static class ControlPlaneSetup
{
    /// <summary>
    /// Adds the control plane. The host configures <see cref="ControlPlaneOptions"/> and adds an
    /// <see cref="IIsolates"/>. Tables, first start and routes are ready before other hosted services start.
    /// </summary>
    public static IServiceCollection AddControlPlane(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddDbContextPool<IsletDb, SqliteIsletDb>((provider, options) =>
            SqliteIsletDb.Configure(options, provider.GetRequiredService<IOptions<ControlPlaneOptions>>().Value.DataDirectory));

        services.AddSingleton<HostNames>();
        services.AddSingleton<ArtifactStore>();
        services.AddSingleton<BuildBell>();
        services.AddSingleton<RoutePublisher>();
        services.AddSingleton<IRouteSource>(provider => provider.GetRequiredService<RoutePublisher>());

        services.AddScoped<ClaimDeployment>();
        services.AddScoped<ActivateDeployment>();
        services.AddScoped<FailDeployment>();
        return services;
    }
}

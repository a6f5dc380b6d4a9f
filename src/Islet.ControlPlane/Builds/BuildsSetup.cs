using Microsoft.Extensions.DependencyInjection;

namespace Islet.ControlPlane.Builds;

public static class BuildsSetup
{
    /// <summary>Adds the build queue. It starts after the isolates, which clean <c>run/</c> first.</summary>
    public static IServiceCollection AddBuilds(this IServiceCollection services)
    {
        services.AddSingleton<ModuleCaches>();
        services.AddSingleton<ProvenPackages>();
        services.AddSingleton<ResolveModules>();
        services.AddSingleton<BuildDeployment>();
        services.AddHostedService<BuildQueue>();
        return services;
    }
}

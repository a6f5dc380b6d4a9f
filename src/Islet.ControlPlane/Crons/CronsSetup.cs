using Islet.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Islet.ControlPlane.Crons;

public static class CronsSetup
{
    /// <summary>Adds the clock. It starts after the isolates and ends before them.</summary>
    public static IServiceCollection AddCronClock(this IServiceCollection services) => services.AddHostedService(provider => provider.GetRequiredService<CronClock>());

    internal static IServiceCollection AddCrons(this IServiceCollection services)
    {
        services.TryAddSingleton<IIsolateCrons, NoCronHandlers>();
        services.TryAddSingleton<IVisits, NoCronHandlers>();
        return services
            .AddScoped<Crons>()
            .AddScoped<ClaimCronRuns>()
            .AddScoped<FollowProduction>()
            .AddSingleton<CronBell>()
            .AddSingleton<CronClock>()
            .AddSingleton<RunCron>();
    }
}

using Islet.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.ControlPlane.Usage;

static class UsageSetup
{
    public static IServiceCollection AddUsage(this IServiceCollection services)
    {
        services.AddSingleton<UsageIntake>();
        services.AddSingleton<IUsageSink>(provider => provider.GetRequiredService<UsageIntake>());
        services.AddSingleton<UsageWriter>();
        services.AddHostedService(provider => provider.GetRequiredService<UsageWriter>());
        services.AddScoped<Analytics>();
        return services;
    }
}

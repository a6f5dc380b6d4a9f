using Islet.Gateway.Tls;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Gateway.Secrets;

public static class SecretsSetup
{
    /// <summary>
    /// <see cref="EgressSecrets"/> and <see cref="EgressMeter"/> for the gateway, and the server behind them. Needs what
    /// <see cref="GatewayTlsSetup.AddInternalCa"/> needs.
    /// </summary>
    public static IServiceCollection AddEgressSecrets(this IServiceCollection services)
    {
        services.AddInternalCa();
        services.AddSingleton<EgressSecrets>();
        services.AddSingleton<EgressMeter>();
        services.AddHostedService<EgressProxy>();
        return services;
    }
}

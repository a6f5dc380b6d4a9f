using System.Net.Sockets;
using Islet.Gateway.Tls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

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
        services.TryAddSingleton(new Surroundings());
        services.AddSingleton<EgressSecrets>();
        services.AddSingleton(provider =>
        {
            var gateway = new Lazy<SlotGateway?>(provider.GetService<SlotGateway>);
            var outside = provider.GetRequiredService<Surroundings>();
            return new EgressMeter
            {
                Count = (caller, sent, received) => gateway.Value?.Count(caller, sent, received),
                Closed = (caller, sent, received) => gateway.Value?.CountEnded(caller, sent, received),
                NewSocket = family => outside.OpenSocket(family, SocketType.Stream, ProtocolType.Tcp),
            };
        });
        services.AddSingleton(provider =>
        {
            var secrets = provider.GetRequiredService<EgressSecrets>();
            return new SecretsDoor(secrets.Plain, secrets.Tls) { Assigned = secrets.Assign, Closed = secrets.Close };
        });
        services.AddHostedService<EgressProxy>();
        return services;
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Islet.Gateway.Tls;

public static class GatewayTlsSetup
{
    /// <summary><see cref="InternalCa"/>, opened when first asked for. Bind <see cref="GatewayTlsOptions"/>.</summary>
    public static IServiceCollection AddInternalCa(this IServiceCollection services)
    {
        services.AddOptions<GatewayTlsOptions>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => InternalCa.Open(
            provider.GetRequiredService<IOptions<GatewayTlsOptions>>().Value.KeysDirectory, provider.GetRequiredService<TimeProvider>()));
        return services;
    }
}

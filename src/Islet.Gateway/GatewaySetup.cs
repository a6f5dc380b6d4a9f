using Islet.Contracts;
using Islet.Gateway.Names;
using Islet.Gateway.Policy;
using Islet.Gateway.Relaying;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.Gateway;

public static class GatewaySetup
{
    /// <summary>
    /// Adds <see cref="IGateway"/>. Needs an <see cref="IEgressSink"/>, an <see cref="ILogSink"/>, an <see cref="IUsageSink"/> and an
    /// <see cref="IRouteSource"/>; takes every registered <see cref="SlotService"/>, and a <see cref="PlatformDoor"/> and a <see cref="SecretsDoor"/> when there are
    /// any: without the first nothing of a slot reaches the platform, without the second secrets stay placeholders.
    /// </summary>
    public static IServiceCollection AddGateway(this IServiceCollection services)
    {
        services.AddOptions<GatewayOptions>().BindConfiguration(GatewayOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(new Surroundings());
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<GatewayOptions>>().Value);
        services.AddSingleton<Traffic>();
        services.AddSingleton<ByteBudgets>();
        services.AddSingleton(provider => new PlatformPlaces(
            provider.GetRequiredService<GatewayOptions>(),
            provider.GetRequiredService<Surroundings>(),
            provider.GetRequiredService<IRouteSource>(),
            provider.GetServices<SlotService>(),
            provider.GetService<PlatformDoor>()));
        services.AddSingleton(provider => new ServeConnection(
            new DecideConnection(provider.GetRequiredService<PlatformPlaces>(), provider.GetService<SecretsDoor>()),
            provider.GetRequiredService<GatewayOptions>(),
            provider.GetRequiredService<Surroundings>(),
            provider.GetRequiredService<ILogger<ServeConnection>>()));
        services.AddSingleton(provider => new ServeQuestions(
            new AnswerQuestion(
                new OwnNames(provider.GetRequiredService<PlatformPlaces>()),
                new Upstream(
                    new UpstreamServers(provider.GetRequiredService<GatewayOptions>().DnsServers),
                    provider.GetRequiredService<Surroundings>()),
                new AnswerCache(provider.GetRequiredService<TimeProvider>())),
            provider.GetRequiredService<Surroundings>()));
        services.AddSingleton<INameLookup>(provider => new LookUpNames(new Upstream(
            new UpstreamServers(provider.GetRequiredService<GatewayOptions>().DnsServers),
            provider.GetRequiredService<Surroundings>())));
        services.AddSingleton<SlotGateway>();
        services.AddSingleton<IGateway>(provider => provider.GetRequiredService<SlotGateway>());
        return services;
    }
}

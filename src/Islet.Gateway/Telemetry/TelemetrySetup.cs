using Islet.Contracts;
using Islet.Gateway.Handover;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Islet.Gateway.Telemetry;

public static class TelemetrySetup
{
    /// <summary>Where Deno's exporter in a slot sends to.</summary>
    public const string Host = "otel." + SlotService.Domain;

    /// <summary>OTLP over HTTP.</summary>
    public const int Port = 4318;

    /// <summary>
    /// Adds <see cref="ReceiveTelemetry"/>, to which the connections of <see cref="Service"/> belong. Needs an
    /// <see cref="IIsolateConsole"/>.
    /// </summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<SlotBudgets>();
        services.AddSingleton(provider => new ReceiveTelemetry(
            provider.GetRequiredService<IIsolateConsole>(),
            provider.GetRequiredService<SlotBudgets>()));
        return services;
    }

    public static SlotService Service(HandoverEndPoint endPoint) => new(Host, Port, endPoint);
}

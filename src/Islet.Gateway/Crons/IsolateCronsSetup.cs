using Islet.Contracts;
using Islet.Gateway.SlotServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Islet.Gateway.Crons;

public static class IsolateCronsSetup
{
    /// <summary>Where Deno in a slot connects to, by <c>DENO_UNSTABLE_CRON_SOCK</c>.</summary>
    public const string Host = "cron." + SlotService.Domain;

    public const int Port = 9000;

    /// <summary>Adds <see cref="IIsolateCrons"/> and the service in slots that it listens by. Call it before the gateway is added.</summary>
    public static IServiceCollection AddIsolateCrons(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IsolateCrons>();
        services.AddSingleton<IIsolateCrons>(provider => provider.GetRequiredService<IsolateCrons>());
        return services.AddSlotService(Host, Port, provider => provider.GetRequiredService<IsolateCrons>().ServeAsync);
    }
}

using Islet.Contracts;
using Islet.Isolates.Building;
using Islet.Isolates.Pool;
using Islet.Isolates.Sandbox;
using Islet.Isolates.Starting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Islet.Isolates;

public static class IsolatesSetup
{
    /// <summary>Bytes of a data directory's absolute path: Unix sockets below it must fit into their addresses.</summary>
    public const int LongestDataDirectory = RunDirectory.LongestRun - 4;

    /// <summary>
    /// Adds <see cref="IIsolates"/> and <see cref="IBuilderJail"/>, and a hosted service that finds the jail, fills the
    /// pool and empties it at the end. It must be added before services that lease. <see cref="JailStatus"/> can be
    /// resolved once it has started. Needs an <see cref="ILogSink"/>.
    /// </summary>
    public static IServiceCollection AddIsolates(this IServiceCollection services)
    {
        services.AddOptions<IsolatesOptions>().ValidateOnStart();
        services.AddSingleton<IValidateOptions<IsolatesOptions>, IsolatesOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<Jail>();
        services.AddSingleton<SlotNumbers>();
        services.AddSingleton<BootSlot>();
        services.AddSingleton<AssignSlot>();
        services.AddSingleton<EndSlot>();
        services.AddSingleton<WarmSlots>();
        services.AddSingleton<StartIsolate>();
        services.AddSingleton<SuperviseIsolate>();
        services.AddSingleton<TellIsolateLimit>();
        services.AddSingleton<IsolatePool>();
        services.AddSingleton<IIsolates>(provider => provider.GetRequiredService<IsolatePool>());
        services.AddSingleton<IBuilderJail, BuilderJail>();
        services.AddSingleton(provider => provider.GetRequiredService<Jail>().Sandbox.Status);
        services.AddHostedService<RunIsolates>();
        return services;
    }
}

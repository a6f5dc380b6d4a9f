using Islet.Contracts;
using Islet.Isolates.Building;
using Islet.Isolates.Pool;
using Islet.Isolates.Jailing;
using Islet.Isolates.Jailing.Remote;
using Islet.Isolates.Sandbox;
using Islet.Isolates.Starting;
using Islet.Isolates.Supervision;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Islet.Isolates;

public static class IsolatesSetup
{
    /// <summary>Bytes of a data directory's absolute path: Unix sockets below it must fit into their addresses.</summary>
    public const int LongestDataDirectory = RunDirectory.LongestRun - 4;

    /// <summary>
    /// Adds <see cref="IIsolates"/>, <see cref="IBuilderJail"/> and <see cref="IIsolateConsole"/>, and a hosted service
    /// that finds the jail, fills the pool and empties it at the end. It must be added before services that lease.
    /// <see cref="JailStatus"/> can be resolved once it has started. Needs an <see cref="ILogSink"/>.
    /// </summary>
    /// <param name="channel">Descriptor of the channel to a jailer in a process of its own; null: jails are made in this process.</param>
    /// <param name="started">The jailer of this process, when it has been started already.</param>
    public static IServiceCollection AddIsolates(this IServiceCollection services, int? channel = null, JailerProcess? started = null)
    {
        if (started is not null)
            services.AddSingleton<IJailer>(started.Jailer);
        else if (channel is { } descriptor)
            services.AddSingleton<IJailer>(_ => new JailerClient(descriptor));
        services.AddOptions<IsolatesOptions>().ValidateOnStart();
        services.AddSingleton<IValidateOptions<IsolatesOptions>, IsolatesOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IJailer, Jailer>();
        services.TryAddSingleton<IGateway, NoGateway>();
        services.AddSingleton<SlotNumbers>();
        services.AddSingleton<IsolateConsoles>();
        services.AddSingleton<IIsolateConsole>(provider => provider.GetRequiredService<IsolateConsoles>());
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
        services.AddSingleton(provider => provider.GetRequiredService<IJailer>().Status);
        services.AddHostedService<RunIsolates>();
        return services;
    }
}

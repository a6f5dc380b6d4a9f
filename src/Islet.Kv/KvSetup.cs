using Islet.Contracts;
using Islet.Kv.Backups;
using Islet.Kv.Browsing;
using Islet.Kv.Connect;
using Islet.Kv.Engine;
using Islet.Kv.Queues;
using Islet.Kv.Usage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Islet.Kv;

public static class KvSetup
{
    /// <summary>Adds the KV databases of this node and their data path. Needs an <see cref="IUsageSink"/> and the settings in <see cref="KvOptions"/>.</summary>
    public static IServiceCollection AddKv(this IServiceCollection services)
    {
        services.AddOptions<KvOptions>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<KvDatabases>();
        services.AddSingleton<KvUsage>();
        services.AddSingleton<IKvBackups, KvBackups>();
        services.AddSingleton<Entries>();
        services.AddSingleton<IKvStores, KvStores>();
        services.AddSingleton(provider => new ServeWatch(provider.GetRequiredService<KvUsage>())
        {
            Stopping = provider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping,
        });
        services.AddSingleton<ServeKv>();
        services.AddSingleton<ServeSlots>();
        services.AddSingleton(provider => new ServeQueue(
            provider.GetRequiredService<KvDatabases>(), provider.GetRequiredService<ServeSlots>(), provider.GetRequiredService<TimeProvider>())
        {
            Stopping = provider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping,
        });
        return services;
    }

    /// <summary>Adds what looks for messages of earlier runs. It starts after the isolates, which it may start, and ends before them.</summary>
    public static IServiceCollection AddKvQueues(this IServiceCollection services) => services.AddHostedService<FindMessages>();
}

using Islet.Contracts;
using Islet.ControlPlane;
using Islet.ControlPlane.Logs;
using Islet.Tests.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.ControlPlane;

/// <summary>
/// A data directory on which the control plane is started and stopped as often as a test likes, with a database that is
/// its own or shared with others.
/// </summary>
sealed class ControlPlaneDirectory(TestDatabase? shared = null) : IDisposable
{
    readonly TestDatabase database = shared ?? TestDatabase.Create();

    public TestDatabase Database => database;

    public string Root { get; } = Directory.CreateTempSubdirectory("islet-control-").FullName;

    public string File(string name) => Path.Combine(Root, name);

    /// <summary>Starts it; disposing the services is the stop.</summary>
    public async Task<ServiceProvider> StartAsync(Action<ControlPlaneOptions>? configure = null, Action<IServiceCollection>? add = null)
    {
        var services = new ServiceCollection().AddLogging();
        services.AddLogs(new() { TelemetryPath = File("telemetry.db") });
        services.Configure<ControlPlaneOptions>(options =>
        {
            options.DataDirectory = Root;
            options.Database = database.Address;
            configure?.Invoke(options);
        });
        services.AddSingleton<IIsolates>(new RecordingIsolates());
        add?.Invoke(services);
        var provider = services.AddControlPlane().BuildServiceProvider(validateScopes: true);
        await provider.GetRequiredService<ControlPlaneStart>().StartingAsync(default);
        return provider;
    }

    public void Dispose()
    {
        Directory.Delete(Root, recursive: true);
        if (shared is null)
            database.Dispose();
    }
}

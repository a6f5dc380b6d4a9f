using Islet.Contracts;
using Islet.ControlPlane;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.ControlPlane;

/// <summary>A data directory on which the control plane is started and stopped as often as a test likes.</summary>
sealed class ControlPlaneDirectory : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("islet-control-").FullName;

    public string File(string name) => Path.Combine(Root, name);

    /// <summary>Starts it; disposing the services is the stop.</summary>
    public async Task<ServiceProvider> StartAsync(Action<ControlPlaneOptions>? configure = null)
    {
        var services = new ServiceCollection().AddLogging();
        services.Configure<ControlPlaneOptions>(options =>
        {
            options.DataDirectory = Root;
            configure?.Invoke(options);
        });
        services.AddSingleton<IIsolates>(new RecordingIsolates());
        var provider = services.AddControlPlane().BuildServiceProvider(validateScopes: true);
        await provider.GetRequiredService<ControlPlaneStart>().StartingAsync(default);
        return provider;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}

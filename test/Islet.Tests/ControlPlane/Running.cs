using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Islet.Tests.ControlPlane;

/// <summary>One hosted service of a control plane, from its start to its graceful stop.</summary>
sealed class Running<T>(T service) : IAsyncDisposable
    where T : IHostedService
{
    public static async Task<Running<T>> StartAsync(ServiceProvider control)
    {
        var service = control.GetServices<IHostedService>().OfType<T>().Single();
        await service.StartAsync(default);
        return new(service);
    }

    public async ValueTask DisposeAsync() => await service.StopAsync(default);
}

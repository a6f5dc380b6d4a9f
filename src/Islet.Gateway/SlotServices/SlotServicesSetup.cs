using Islet.Gateway.Handover;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Islet.Gateway.SlotServices;

public static class SlotServicesSetup
{
    /// <summary>
    /// Adds a service at a name that exists only inside slots. One server without an address serves all of them; it starts
    /// where this is called first in the order of hosted services.
    /// </summary>
    /// <param name="name">Below <see cref="SlotService.Domain"/>, lower case.</param>
    /// <param name="streams">At least so many at once on one connection of HTTP/2.</param>
    public static IServiceCollection AddSlotService(
        this IServiceCollection services, string name, int port, HttpProtocols protocols, Func<IServiceProvider, RequestDelegate> serve, int streams = 100)
    {
        var service = new SlotService(name, port, new HandoverEndPoint(name));
        services.AddSingleton(service);
        services.AddSingleton(provider => new SlotApplication(service, protocols, serve(provider), streams));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ServeSlotServices>());
        return services;
    }

    /// <summary>
    /// The same for a service that does not speak HTTP: <paramref name="serve"/> gets each connection, which is over when it
    /// returns. It must not throw for what a program sends.
    /// </summary>
    /// <param name="name">Below <see cref="SlotService.Domain"/>, lower case.</param>
    public static IServiceCollection AddSlotService(
        this IServiceCollection services, string name, int port, Func<IServiceProvider, ConnectionDelegate> serve)
    {
        var service = new SlotService(name, port, new HandoverEndPoint(name));
        services.AddSingleton(service);
        services.AddSingleton(provider => new SlotStream(service, serve(provider)));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ServeSlotServices>());
        return services;
    }
}

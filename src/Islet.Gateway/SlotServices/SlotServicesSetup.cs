using Islet.Gateway.Handover;
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
    public static IServiceCollection AddSlotService(
        this IServiceCollection services, string name, int port, HttpProtocols protocols, Func<IServiceProvider, RequestDelegate> serve)
    {
        var service = new SlotService(name, port, new HandoverEndPoint(name));
        services.AddSingleton(service);
        services.AddSingleton(provider => new SlotApplication(service, protocols, serve(provider)));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ServeSlotServices>());
        return services;
    }
}

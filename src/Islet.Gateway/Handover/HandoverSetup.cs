using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Islet.Gateway.Handover;

public static class HandoverSetup
{
    /// <summary>Lets the Kestrel of this host listen on <see cref="HandoverEndPoint"/>s, beside whatever else it listens on.</summary>
    public static IServiceCollection AddHandover(this IServiceCollection services)
    {
        // Kestrel registers its own transport only where there is none, so that it must not find ours alone.
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConnectionListenerFactory, SocketTransportFactory>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConnectionListenerFactory, HandoverListeners>());
        return services;
    }
}

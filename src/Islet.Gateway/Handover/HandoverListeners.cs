using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.Gateway.Handover;

/// <summary>Kestrel's transport for <see cref="HandoverEndPoint"/>s and nothing else; stands beside that of sockets, with the same settings.</summary>
sealed class HandoverListeners(IOptions<SocketTransportOptions> transport, IMemoryPoolFactory<byte> memory, ILoggerFactory logs)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => endpoint is HandoverEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var options = transport.Value;
        var connections = new SocketConnectionContextFactory(
            new SocketConnectionFactoryOptions
            {
                IOQueueCount = options.IOQueueCount,
                MaxReadBufferSize = options.MaxReadBufferSize,
                MaxWriteBufferSize = options.MaxWriteBufferSize,
                UnsafePreferInlineScheduling = false, // what programs send here is work: it does not belong on threads that relay (decision 0004)
                WaitForDataBeforeAllocatingBuffer = options.WaitForDataBeforeAllocatingBuffer,
            },
            logs.CreateLogger<HandoverListener>());
        return new(new HandoverListener((HandoverEndPoint)endpoint, connections, memory.Create()));
    }
}

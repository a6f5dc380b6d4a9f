using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Islet.Gateway.SlotServices;

/// <summary>What answers behind a <see cref="SlotService"/>. Who calls is the <see cref="Contracts.SlotCaller"/> among the request's features.</summary>
sealed record SlotApplication(SlotService Service, HttpProtocols Protocols, RequestDelegate Serve, int Streams);

/// <summary>The same for bytes that are no HTTP. Who calls is the <see cref="Contracts.SlotCaller"/> among the connection's features.</summary>
sealed record SlotStream(SlotService Service, ConnectionDelegate Serve);

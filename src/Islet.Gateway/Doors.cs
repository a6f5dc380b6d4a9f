using Islet.Contracts;
using Islet.Gateway.Handover;

namespace Islet.Gateway;

/// <summary>Where connections go that a slot opens to this platform itself: they never leave the process.</summary>
/// <param name="Plain">HTTP, whatever the port.</param>
/// <param name="Tls">Port 443.</param>
public sealed record PlatformDoor(HandoverEndPoint Plain, HandoverEndPoint Tls);

/// <summary>Where connections go that need a secret put in: to hosts of an <see cref="EgressSecret"/>.</summary>
/// <param name="Plain">Port 80.</param>
/// <param name="Tls">Port 443, for hosts where TLS may be ended.</param>
public sealed record SecretsDoor(HandoverEndPoint Plain, HandoverEndPoint Tls)
{
    /// <summary>Called before the first connection of an isolate is judged.</summary>
    internal Action<IsolateId, IsolateSpec> Assigned { get; init; } = static (_, _) => { };

    /// <summary>Called when the isolate is gone.</summary>
    internal Action<IsolateId> Closed { get; init; } = static _ => { };
}

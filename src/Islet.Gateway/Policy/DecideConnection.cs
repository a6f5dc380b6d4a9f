using System.Net;
using Islet.Contracts;
using Islet.Gateway.Handover;
using Islet.Gateway.Slots;

namespace Islet.Gateway.Policy;

/// <summary>What happens with one connection: it is handed to an endpoint, or dialled, or neither.</summary>
/// <param name="Rule">One of <see cref="EgressRules"/>.</param>
/// <param name="Host">The name under which the slot knows the address.</param>
readonly record struct Decision(bool Allowed, string Rule, string? Host, HandoverEndPoint? HandTo)
{
    public static Decision Refuse(string rule, string? host) => new(false, rule, host, null);
}

/// <summary>
/// Decides by the address the program asked for, the one that is then dialled: no name is looked up again.
/// 1 loopback → 2 services → 3 the platform → 4 public addresses only → 5 permissions.net → 6 secrets.
/// </summary>
sealed class DecideConnection(PlatformPlaces platform, SecretsDoor? secrets)
{
    const int Http = 80;
    const int Https = 443;

    public Decision Run(Assignment assignment, IPEndPoint destination)
    {
        var address = destination.Address;

        // 1 loopback: also a connection made to the gateway's own listener, whose destination is itself
        if (IPAddress.IsLoopback(address))
            return Decision.Refuse(EgressRules.Loopback, null);

        // 2 services
        if (platform.Service(destination) is { } service)
            return new(true, EgressRules.Service, service.Name, service.EndPoint);

        var names = assignment.Names.Of(address);
        var host = names.Count > 0 ? names[0] : null;

        // 3 the platform
        if (platform.IsPlatform(address))
        {
            if (platform.DoorAt(destination.Port) is not { } door)
                return Decision.Refuse(EgressRules.Platform, host);
            return assignment.Net.Allows(address, names)
                ? new(true, EgressRules.Platform, host, door)
                : Decision.Refuse(EgressRules.PermissionsNet, host);
        }

        // 4 public addresses only
        if (PlatformPlaces.IsReserved(address))
            return Decision.Refuse(EgressRules.Service, host);
        if (!PublicAddress.Is(address))
            return Decision.Refuse(EgressRules.PrivateAddress, host);

        // 5 permissions.net
        if (!assignment.Net.Allows(address, names))
            return Decision.Refuse(EgressRules.PermissionsNet, host);

        // 6 secrets
        if (secrets is not null && destination.Port is Http or Https)
        {
            foreach (var name in names)
            {
                if (!assignment.SecretHosts.TryGetValue(name, out var tls))
                    continue;
                if (destination.Port == Http)
                    return new(true, EgressRules.Secret, name, secrets.Plain);
                if (tls)
                    return new(true, EgressRules.Secret, name, secrets.Tls);
            }
        }

        return new(true, assignment.Net.Everything ? EgressRules.Public : EgressRules.PermissionsNet, host, null);
    }
}

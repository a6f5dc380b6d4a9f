using System.Net.Security;
using System.Security.Authentication;
using Islet.Contracts;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Islet.Gateway.Tls;

/// <summary>How TLS of handed connections ends: with a certificate of the node's own CA for the name in the hello.</summary>
public static class HandedTls
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>For any name, since the platform serves many. Without a name: for the address that the program dialled.</summary>
    public static TlsHandshakeCallbackOptions ForAnyName(InternalCa ca) => With(ca, static (name, caller) =>
        name.Length > 0 ? name : caller.Destination.Address.ToString());

    /// <summary>Only for the name that the program asked for the address it dialled.</summary>
    internal static TlsHandshakeCallbackOptions ForPinnedName(InternalCa ca) => With(ca, static (name, caller) =>
        caller.Host is { } host && name.TrimEnd('.').Equals(host.TrimEnd('.'), StringComparison.OrdinalIgnoreCase) ? name : null);

    static TlsHandshakeCallbackOptions With(InternalCa ca, Func<string, SlotCaller, string?> nameOf) => new()
    {
        HandshakeTimeout = Limit,
        OnConnection = async context =>
        {
            await Task.Yield(); // issuing is more than relaying, see docs/decisions/0004
            var caller = context.Connection.Features.Get<SlotCaller>() ?? throw new AuthenticationException("The connection was not handed over.");
            var name = nameOf(context.ClientHelloInfo.ServerName, caller) ?? throw new AuthenticationException("The name in the hello is another one than was looked up.");
            return new SslServerAuthenticationOptions
            {
                ServerCertificateContext = ca.CertificateFor(name) ?? throw new AuthenticationException("The name in the hello is none of a host."),
                ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            };
        },
    };
}

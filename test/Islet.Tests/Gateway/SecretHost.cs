using System.Net;
using System.Net.Security;
using Islet.Gateway.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Gateway;

/// <summary>A host out there that a secret is for, played on loopback: plain and in TLS.</summary>
sealed class SecretHost : IAsyncDisposable
{
    readonly WebApplication server;

    SecretHost(WebApplication server) => this.server = server;

    public IPEndPoint Plain => EndPoint("http://");

    public IPEndPoint Tls => EndPoint("https://");

    public static async Task<SecretHost> StartAsync(InternalCa ca, RequestDelegate program)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = context => new(new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = ca.CertificateFor(context.ClientHelloInfo.ServerName),
                    ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
                }),
            }));
        });
        var app = builder.Build();
        app.UseWebSockets();
        app.Run(program);
        await app.StartAsync();
        return new SecretHost(app);
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    IPEndPoint EndPoint(string scheme)
    {
        var address = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(address => address.StartsWith(scheme, StringComparison.Ordinal));
        return new IPEndPoint(IPAddress.Loopback, new Uri(address).Port);
    }
}

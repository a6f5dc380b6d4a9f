using System.Text;
using Islet.Contracts;
using Islet.Gateway.Handover;
using Islet.Gateway.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.Gateway.Secrets;

/// <summary>
/// A Kestrel of its own for connections to hosts that a secret is for. It has no address; nothing but what the gateway
/// hands over reaches it.
/// </summary>
sealed class EgressProxy(EgressSecrets secrets, EgressMeter meter, InternalCa ca, IOptions<GatewayTlsOptions> options, ILoggerFactory logs) : IHostedService, IAsyncDisposable
{
    WebApplication? server;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var trust = new UpstreamTrust(options.Value.UpstreamCaFile);
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddSingleton(logs);
        builder.Services.AddHandover();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            Configure(kestrel);
            kestrel.Listen(secrets.Plain, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection => ServeAsync(connection, tls: false, trust, next));
            });
            kestrel.Listen(secrets.Tls, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.Use(next => connection => ServeAsync(connection, tls: true, trust, next));
                listen.UseHttps(HandedTls.ForPinnedName(ca));
            });
        });
        server = builder.Build();
        server.Run(new RelayRequest(logs.CreateLogger<RelayRequest>()).InvokeAsync);
        await server.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => server?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public ValueTask DisposeAsync() => server?.DisposeAsync() ?? ValueTask.CompletedTask;

    static void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;

        // A body or an answer may be as long and as slow as the program and the host agree.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
    }

    async Task ServeAsync(ConnectionContext connection, bool tls, UpstreamTrust trust, ConnectionDelegate next)
    {
        if (connection.Features.Get<SlotCaller>() is not { } caller || !secrets.TryFind(caller, tls, out var ofHost))
        {
            // its isolate has ended since the connection was handed over
            connection.Abort(new ConnectionAbortedException("No secret concerns this connection."));
            return;
        }

        using var upstream = new Upstream(caller, tls, ofHost, meter, trust);
        connection.Features.Set(upstream);
        await next(connection);
    }
}

using System.Net;
using System.Text;
using Islet.Contracts;
using Islet.Edge.Admission;
using Islet.Edge.Forwarding;
using Islet.Edge.Leasing;
using Islet.Edge.Listening;
using Islet.Edge.Tls;
using Islet.Edge.Watching;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Islet.Edge;

public static class EdgeSetup
{
    /// <summary>
    /// <see cref="ServeRequest"/>, for the end of the pipeline, and <see cref="IVisits"/>. Needs <see cref="IRouteSource"/>, <see cref="IIsolates"/>,
    /// <see cref="ILogSink"/> and <see cref="IUsageSink"/>. The transport settings hold for all of Kestrel.
    /// </summary>
    public static IServiceCollection AddEdge(this IServiceCollection services)
    {
        services.AddOptions<EdgeOptions>().BindConfiguration(EdgeOptions.Section).ValidateOnStart();
        services.TryAddSingleton<IValidateOptions<EdgeOptions>, EdgeOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<EdgeOptions>>().Value);
        services.AddSingleton<TellRefusals>();
        services.AddSingleton<WatchIsolates>();
        services.AddSingleton(provider => new LiveDeployments(
            provider.GetRequiredService<IIsolates>(),
            provider.GetRequiredService<IRouteSource>(),
            provider.GetRequiredService<WatchIsolates>(),
            provider.GetRequiredService<TellRefusals>(),
            provider.GetRequiredService<IUsageSink>(),
            provider.GetRequiredService<EdgeOptions>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<LiveDeployments>>()));
        services.AddSingleton(provider => new AdmitRequest(provider.GetRequiredService<TellRefusals>(), provider.GetRequiredService<EdgeOptions>()));
        services.AddSingleton(provider => new ServeRequest(
            provider.GetRequiredService<IRouteSource>(),
            provider.GetRequiredService<LiveDeployments>(),
            provider.GetRequiredService<AdmitRequest>(),
            new ForwardToIsolate(provider.GetRequiredService<LiveDeployments>()),
            provider.GetRequiredService<EdgeOptions>()));

        services.AddSingleton<IVisits>(provider => new EnterVisits(provider.GetRequiredService<IRouteSource>(), provider.GetRequiredService<LiveDeployments>()));

        // A worker of the thread pool that got a socket's event goes on with it: one hop less in each direction.
        services.Configure<SocketTransportOptions>(transport =>
        {
            transport.UnsafePreferInlineScheduling = true;
            transport.WaitForDataBeforeAllocatingBuffer = false;
        });
        return services;
    }

    /// <summary>
    /// Opens the plain port for HTTP/1.1 and HTTP/2 with prior knowledge, and sets the limits of heads.
    /// </summary>
    /// <param name="runDirectory">For a socket of the server itself; private to it. Its path must be below 90 bytes.</param>
    public static void ListenOn(this KestrelServerOptions kestrel, IPEndPoint endPoint, string runDirectory)
    {
        var options = kestrel.ApplicationServices.GetRequiredService<EdgeOptions>();

        // Lines end with CR LF. The switch is read by Kestrel when a connection begins.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestLineSize = options.MaxRequestLineSize;
        kestrel.Limits.MaxRequestHeadersTotalSize = options.MaxRequestHeadersSize;
        kestrel.Limits.RequestHeadersTimeout = options.HeaderTimeout;

        // Bytes above 127 pass as they are, both ways.
        kestrel.RequestHeaderEncodingSelector = static name =>
            string.Equals(name, HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase) ? DigitsOnly.Instance : Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        PlainPort.Listen(kestrel, endPoint, runDirectory, options.HeaderTimeout);
    }

    /// <summary>Needs <see cref="ICertificateSource"/> beside what <see cref="AddEdge"/> does.</summary>
    public static IServiceCollection AddEdgeTls(this IServiceCollection services)
    {
        services.AddOptions<EdgeTlsOptions>().BindConfiguration(EdgeTlsOptions.Section).ValidateOnStart();
        services.TryAddSingleton<IValidateOptions<EdgeTlsOptions>, EdgeTlsOptionsValidator>();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<EdgeTlsOptions>>().Value);
        services.AddSingleton<OperatorCertificate>();
        services.AddHostedService(provider => provider.GetRequiredService<OperatorCertificate>());
        services.AddSingleton<ChooseCertificate>();
        services.AddSingleton<TlsPort>();
        return services;
    }

    /// <summary>Opens a port for HTTP/1.1 and HTTP/2 in TLS. Call it behind <see cref="ListenOn"/>, whose limits hold here too.</summary>
    public static void ListenOnTls(this KestrelServerOptions kestrel, IPEndPoint endPoint) =>
        kestrel.ApplicationServices.GetRequiredService<TlsPort>().Listen(kestrel, endPoint);

    /// <summary>
    /// Takes what slots send to the platform itself: the same two dialects as the plain port, and HTTP/1.1 and HTTP/2 in
    /// TLS. Call it behind <see cref="ListenOn"/>, whose limits hold here too; the host needs a transport for the endpoints.
    /// </summary>
    /// <param name="runDirectory">As for <see cref="ListenOn"/>.</param>
    public static void ListenOnHandover(
        this KestrelServerOptions kestrel, EndPoint plain, EndPoint tls, TlsHandshakeCallbackOptions handshake, string runDirectory)
    {
        var options = kestrel.ApplicationServices.GetRequiredService<EdgeOptions>();
        PlainPort.Listen(kestrel, plain, runDirectory, options.HeaderTimeout);
        kestrel.Listen(tls, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            Arrival.Count(listen);
            listen.UseHttps(handshake);
        });
    }
}

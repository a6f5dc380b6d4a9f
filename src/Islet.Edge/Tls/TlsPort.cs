using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Islet.Contracts;
using Islet.Edge.Admission;
using Islet.Edge.Leasing;
using Islet.Edge.Listening;
using Islet.Edge.Routing;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Islet.Edge.Tls;

/// <summary>
/// HTTP/1.1 and HTTP/2 in TLS 1.2 and 1.3: 1 the visitor's hello → 2 the certificate of the name in it → 3 its turn, if its
/// project has too many new connections → 4 the handshake. Whoever sends no hello, or one for a name that nobody has, is gone
/// before any cryptography.
/// </summary>
sealed class TlsPort(ChooseCertificate choose, AdmitRequest admit, IRouteSource routes, LiveDeployments deployments, EdgeTlsOptions options)
{
    /// <summary>RFC 8446 sections 5.1 and 6.2, RFC 6066 section 3: fatal, unrecognized_name.</summary>
    static readonly byte[] UnknownName = [21, 3, 3, 0, 2, 2, 112];

    static readonly List<SslApplicationProtocol> Protocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    public void Listen(KestrelServerOptions kestrel, IPEndPoint endPoint) => kestrel.Listen(endPoint, listen =>
    {
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        Arrival.Count(listen);
        listen.Use(next => connection => MeetAsync(connection, next));
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = options.HandshakeTimeout,
            OnConnection = static async handshake =>
            {
                await Task.Yield(); // signing is more than relaying, see docs/decisions/0004
                return new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = handshake.Connection.Features.Get<ServerCertificate>()!.Context,
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    ApplicationProtocols = Protocols,
                    AllowRenegotiation = false,
                };
            },
        });
    });

    async Task MeetAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        // 1 hello
        if (await ReadAsync(connection.Transport.Input) is not { } hello)
        {
            connection.Abort(new ConnectionAbortedException("No hello of TLS was sent."));
            return;
        }

        // 2 certificate
        if (choose.For(hello) is not { } certificate)
        {
            await connection.Transport.Output.WriteAsync(UnknownName);
            return;
        }
        connection.Features.Set(certificate);

        // 3 turn: here a flood costs less than behind the handshake
        if (HostMatch.TryFind(routes.Current, hello.Name, out var route))
        {
            if (admit.TurnOf(connection.Features.Get<Arrival>(), deployments.Of(route), route.Limits) is not { } turn)
            {
                connection.Abort(new ConnectionAbortedException("Too many new connections of one project."));
                return;
            }
            if (turn > TimeSpan.Zero)
                await Task.Delay(turn, deployments.Time, connection.ConnectionClosed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // 4 handshake
        await next(connection);
    }

    /// <summary>Leaves the bytes where they are. Null: it was something else, or did not come in time.</summary>
    async ValueTask<ClientHello?> ReadAsync(PipeReader input)
    {
        using var limit = new CancellationTokenSource(options.HandshakeTimeout);
        try
        {
            for (long needed = 1; ;)
            {
                var result = await input.ReadAsync(limit.Token);
                var hello = result.Buffer.Length >= needed ? ClientHello.Read(result.Buffer, out needed) : null;
                var undecided = hello is null && needed > 0 && !result.IsCompleted;
                input.AdvanceTo(result.Buffer.Start, undecided ? result.Buffer.End : result.Buffer.Start);
                if (!undecided)
                    return hello;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            return null; // too slow, or gone
        }
    }
}

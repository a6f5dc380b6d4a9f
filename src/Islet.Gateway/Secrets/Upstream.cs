using System.Net;
using System.Text;
using Islet.Contracts;

namespace Islet.Gateway.Secrets;

/// <summary>
/// The outside of one handed connection: whom it may ask, with which secrets. Its outer connections serve no other
/// caller and end with it.
/// </summary>
sealed class Upstream : IDisposable
{
    /// <summary>An HTTP/2 connection of the program to a host that speaks only HTTP/1.1 becomes this many.</summary>
    const int MostOuterConnections = 16;

    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    readonly HttpMessageInvoker client;
    readonly EgressMeter meter;

    // by interlocked operations: an HTTP/2 connection of the program may have several outer ones
    long sent;
    long received;

    public Upstream(SlotCaller caller, bool tls, SecretHeaders secrets, EgressMeter meter, UpstreamTrust trust)
    {
        (Caller, IsTls, Secrets, this.meter) = (caller, tls, secrets, meter);
        Host = caller.Host!.TrimEnd('.').ToLowerInvariant();
        Authority = $"{(tls ? "https" : "http")}://{Host}:{caller.Destination.Port}";
        var handler = new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectCallback = (_, cancellation) => OuterConnection.DialAsync(caller.Destination, meter.NewSocket, this, cancellation),
            ConnectTimeout = ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            MaxConnectionsPerServer = MostOuterConnections,
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            UseCookies = false,
            UseProxy = false,
        };
        handler.SslOptions.CertificateChainPolicy = trust.Policy;
        client = new HttpMessageInvoker(handler);
    }

    public SlotCaller Caller { get; }

    public bool IsTls { get; }

    /// <summary>The only host of this connection: lower case, no port.</summary>
    public string Host { get; }

    /// <summary>What stands before a path: <c>https://host:port</c>.</summary>
    public string Authority { get; }

    public SecretHeaders Secrets { get; }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation) => client.SendAsync(request, cancellation);

    public void Count(long more, long moreReceived)
    {
        Interlocked.Add(ref sent, more);
        Interlocked.Add(ref received, moreReceived);
        meter.Count(Caller, more, moreReceived);
    }

    public void Dispose()
    {
        client.Dispose();
        meter.Closed(Caller, Interlocked.Read(ref sent), Interlocked.Read(ref received));
    }
}

using System.Net;
using System.Net.Sockets;

namespace Islet.ControlPlane.Builds;

/// <summary>
/// The one client that brings modules in: resolves, refuses what the rules forbid, dials the checked address. Follows no
/// redirect (the builder asks again for the new place, and is checked again), sends no credentials, keeps no cookies.
/// </summary>
sealed class ModuleFetch : IDisposable
{
    static readonly string[] Asked = ["Accept", "Accept-Encoding", "User-Agent", "If-None-Match", "If-Modified-Since"];

    readonly ModuleHostRules rules;
    readonly Func<string, CancellationToken, Task<IPAddress[]>> resolve;
    readonly HttpMessageInvoker client;

    /// <param name="resolve">Addresses of a host, asked anew for each connection; null is the machine's resolver.</param>
    public ModuleFetch(ModuleHostRules rules, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
    {
        this.rules = rules;
        this.resolve = resolve ?? Dns.GetHostAddressesAsync;
        client = new(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            MaxConnectionsPerServer = 32,
            MaxResponseHeadersLength = 32,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            ConnectCallback = DialAsync,
        });
    }

    /// <summary>The answer with its body still to be read.</summary>
    /// <exception cref="HttpRequestException">The host cannot be reached, or only at addresses that are not allowed.</exception>
    public Task<HttpResponseMessage> SendAsync(
        Uri url, Func<string, IEnumerable<string?>> header, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url) { Version = HttpVersion.Version20 };
        foreach (var name in Asked)
            foreach (var value in header(name))
                request.Headers.TryAddWithoutValidation(name, value);
        return client.SendAsync(request, cancellation);
    }

    public void Dispose() => client.Dispose();

    async ValueTask<Stream> DialAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = await resolve(host, cancellation);
        var allowed = Array.FindAll(addresses, address => rules.MayConnect(host, port, address));
        if (allowed.Length == 0)
            throw new HttpRequestException($"{host} has no public address");

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

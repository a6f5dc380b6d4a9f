using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Islet.Contracts;
using Islet.Gateway.Handover;

namespace Islet.Tests.Gateway;

/// <summary>A connection as the gateway has it in its hand: one end for the program, the other for a server.</summary>
static class HandedConnection
{
    public static SlotCaller Caller(long isolate, string? host = null, IPEndPoint? destination = null) => new(
        new IsolateId(isolate), new DeploymentId("caller"), default, default, destination ?? new IPEndPoint(IPAddress.Parse("198.51.100.7"), 80), host);

    public static async Task<(Socket Program, Socket Other)> PairAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var program = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var accept = listener.AcceptAsync();
        await program.ConnectAsync(listener.LocalEndPoint!);
        return (program, await accept);
    }

    /// <summary>The program's end.</summary>
    public static async Task<Socket> HandAsync(HandoverEndPoint endPoint, SlotCaller caller)
    {
        var (program, other) = await PairAsync();
        endPoint.TryHand(other, caller).ShouldBeTrue();
        return program;
    }

    /// <summary>A client whose connections are all handed to the endpoint, whatever the host; it believes one authority.</summary>
    public static HttpClient Client(HandoverEndPoint endPoint, SlotCaller caller, string? authorityPem = null)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            ConnectCallback = async (_, _) => new NetworkStream(await HandAsync(endPoint, caller), ownsSocket: true),
        };
        if (authorityPem is not null)
            handler.SslOptions = Believing(authorityPem);
        return new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30) };
    }

    public static SslClientAuthenticationOptions Believing(string authorityPem) => new()
    {
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { X509Certificate2.CreateFromPem(authorityPem) },
            RevocationMode = X509RevocationMode.NoCheck,
        },
    };
}

using System.Net;
using System.Net.Sockets;
using Islet.Gateway.Tls;
using Islet.Tests.Edge;
using Microsoft.Extensions.Hosting;

namespace Islet.Tests.Gateway;

/// <summary>Which host a connection for a secret is for, and what becomes of all others.</summary>
public sealed class SecretHostTests : SecretsUnderTest
{
    [Fact]
    public async Task A_request_for_another_host_than_the_connection_is_for_goes_nowhere()
    {
        var asked = 0;
        await using var host = await SecretHost.StartAsync(World, _ =>
        {
            asked++;
            return Task.CompletedTask;
        });
        using var program = new RawPeer(await HandedConnection.HandAsync(Secrets.Plain, Caller(host.Plain)));
        await program.SendAsync($"GET / HTTP/1.1\r\nhost: evil.example\r\nx-all: {Placeholder}\r\nconnection: close\r\n\r\n");
        (await program.ReadToEndAsync()).ShouldStartWith("HTTP/1.1 421 ");
        using var again = new RawPeer(await HandedConnection.HandAsync(Secrets.Plain, Caller(host.Plain)));
        await again.SendAsync($"TRACE / HTTP/1.1\r\nhost: api.example:{host.Plain.Port}\r\nx-all: {Placeholder}\r\nconnection: close\r\n\r\n");
        (await again.ReadToEndAsync()).ShouldStartWith("HTTP/1.1 405 ");

        using var otherName = HandedConnection.Client(Secrets.Tls, Caller(host.Tls), Slots.CertificatePem);
        await Should.ThrowAsync<HttpRequestException>(() => otherName.GetAsync($"https://evil.example:{host.Tls.Port}/"));
        asked.ShouldBe(0);
    }

    [Fact]
    public async Task A_host_whose_certificate_nobody_vouches_for_gets_nothing()
    {
        using var stranger = InternalCa.Open(Path.Combine(Keys.FullName, "stranger"), TimeProvider.System);
        var asked = 0;
        await using var host = await SecretHost.StartAsync(stranger, _ =>
        {
            asked++;
            return Task.CompletedTask;
        });
        using var program = Program("https", host);

        var answer = await GetAsync(program, host.Tls, Placeholder, "https");

        answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("certificate");
        asked.ShouldBe(0);
    }

    [Fact]
    public async Task A_host_that_is_not_there_is_told()
    {
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        var address = (IPEndPoint)nobody.LocalEndpoint;
        nobody.Stop();
        using var program = HandedConnection.Client(Secrets.Plain, Caller(address));

        var answer = await GetAsync(program, address, Placeholder);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await answer.Content.ReadAsStringAsync()).ShouldBe("The host could not be reached.\n");
    }

    [Fact]
    public async Task A_connection_of_an_isolate_that_ended_is_closed()
    {
        await using var host = await SecretHost.StartAsync(World, _ => Task.CompletedTask);
        Secrets.Close(Isolate);
        using var program = new RawPeer(await HandedConnection.HandAsync(Secrets.Plain, Caller(host.Plain)));

        (await program.EndsAsync()).ShouldBeTrue();
        Counted.ShouldBeEmpty();
    }
}

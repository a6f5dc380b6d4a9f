using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Islet.Contracts;
using Islet.Gateway.Handover;
using Islet.Tests.Edge;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Gateway;

public sealed class HandoverTests
{
    readonly HandoverEndPoint endPoint = new("test");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_handed_connection_tells_its_caller_and_the_port_beside_it_has_none(bool handoverFirst)
    {
        await using var server = await StartAsync(handoverFirst);
        using var fromSlot = HandedConnection.Client(endPoint, HandedConnection.Caller(7));
        using var fromOutside = new HttpClient();

        (await fromSlot.GetStringAsync("http://any.example/")).ShouldBe("7 from 198.51.100.7");
        (await fromSlot.GetStringAsync("http://any.example/again")).ShouldBe("7 from 198.51.100.7");
        (await fromOutside.GetStringAsync(AddressOf(server))).ShouldBe("none from 127.0.0.1");
    }

    [Fact]
    public async Task Nothing_is_taken_before_the_server_listens_and_after_it_stopped()
    {
        var (program, other) = await HandedConnection.PairAsync();
        using var both = program;
        using (other)
        {
            endPoint.TryHand(other, HandedConnection.Caller(1)).ShouldBeFalse();
            var server = await StartAsync();
            await server.StopAsync();
            await server.DisposeAsync();
            endPoint.TryHand(other, HandedConnection.Caller(1)).ShouldBeFalse();
        }
    }

    [Fact]
    public async Task A_connection_that_is_dead_when_its_turn_comes_does_not_keep_the_next_one_waiting()
    {
        await using var server = await StartAsync();
        for (var i = 0; i < 10; i++)
        {
            var (program, other) = await HandedConnection.PairAsync();
            program.Dispose();
            other.Dispose();
            endPoint.TryHand(other, HandedConnection.Caller(1)).ShouldBeTrue();
        }

        using var client = HandedConnection.Client(endPoint, HandedConnection.Caller(2));
        (await client.GetStringAsync("http://any.example/")).ShouldBe("2 from 198.51.100.7");
    }

    [Fact]
    public async Task The_end_of_each_connection_is_told_once()
    {
        var ended = new ConcurrentQueue<long>();
        endPoint.Ended = caller => ended.Enqueue(caller.Isolate.Value);
        var server = await StartAsync();
        using (var client = HandedConnection.Client(endPoint, HandedConnection.Caller(1)))
            await client.GetStringAsync("http://any.example/");
        using var silent = await HandedConnection.HandAsync(endPoint, HandedConnection.Caller(2));
        using var halfClosed = await HandedConnection.HandAsync(endPoint, HandedConnection.Caller(3));
        halfClosed.Shutdown(SocketShutdown.Send);

        await server.StopAsync();
        await server.DisposeAsync();

        ended.Order().ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task What_nobody_took_is_closed_when_the_endpoint_closes()
    {
        var ended = 0;
        endPoint.Ended = _ => ended++;
        endPoint.Open();
        using var program = new RawPeer(await HandedConnection.HandAsync(endPoint, HandedConnection.Caller(1)));

        endPoint.Close();

        (await program.EndsAsync()).ShouldBeTrue();
        ended.ShouldBe(1);
    }

    async Task<WebApplication> StartAsync(bool handoverFirst = false)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        if (handoverFirst)
            builder.Services.AddHandover();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(endPoint);
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        if (!handoverFirst)
            builder.Services.AddHandover();
        var server = builder.Build();
        server.Run(context => context.Response.WriteAsync(
            $"{context.Features.Get<SlotCaller>()?.Isolate.ToString() ?? "none"} from {context.Connection.RemoteIpAddress}"));
        await server.StartAsync();
        return server;
    }

    static string AddressOf(WebApplication server) =>
        server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(address => address.StartsWith("http://127", StringComparison.Ordinal));
}

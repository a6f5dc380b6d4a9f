using System.Net;
using System.Net.Sockets;
using Islet.Contracts;
using Islet.Gateway.Names;
using Islet.Tests.ControlPlane;
using Islet.Tests.Gateway.Network;
using static Islet.Tests.Gateway.Network.SlotUnderTest;

namespace Islet.Tests.Gateway;

/// <summary>What one slot does too fast is held back, and no other slot notices.</summary>
[Collection(typeof(OnTestNetwork))]
public sealed class FloodTests(TestNetwork network)
{
    [Fact]
    public async Task New_connections_beyond_the_rate_wait_and_a_neighbours_do_not()
    {
        var time = new StoppedTime();
        using var gateway = new GatewayUnderTest(network, time: time);
        var limits = ProjectLimits.Default with { EgressConnectionsPerSecond = 10 };
        var (flooding, neighbour) = (GatewayUnderTest.Spec(limits: limits), GatewayUnderTest.Spec(limits: limits));
        var (flood, quiet) = (gateway.Slot(flooding), gateway.Slot(neighbour));

        // two seconds' worth, and the one whose turn is next
        var attempts = Enumerable.Range(0, 60).Select(_ => flood.RefusalAsync(At("10.7.0.2"))).ToList();
        await Eventually.HoldsAsync(() => gateway.Numbers(flooding).Refused == 21);

        for (var count = 0; count < 15; count++)
            (await quiet.EchoAsync(At("93.184.216.34"))).ShouldBe("hello");
        gateway.Numbers(flooding).Refused.ShouldBe(21);
        attempts.Count(attempt => attempt.IsCompleted).ShouldBe(21);

        time.Forward(TimeSpan.FromSeconds(1));
        await Eventually.HoldsAsync(() => gateway.Numbers(flooding).Refused == 31);
        for (var seconds = 0; seconds < 3; seconds++)
        {
            time.Forward(TimeSpan.FromSeconds(1));
            await Eventually.HoldsAsync(() => gateway.Numbers(flooding).Refused == Math.Min(41 + (10 * seconds), 60));
        }

        (await Task.WhenAll(attempts)).ShouldAllBe(end => end == SocketError.ConnectionReset); // held back, and none lost
    }

    [Fact]
    public async Task A_program_that_opens_many_connections_at_its_start_does_not_notice()
    {
        using var gateway = new GatewayUnderTest(network, time: new StoppedTime());
        var slot = gateway.Slot(GatewayUnderTest.Spec());

        var words = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => slot.EchoAsync(At("93.184.216.34"))));

        words.ShouldAllBe(word => word == "hello");
    }

    [Fact]
    public async Task Questions_in_a_loop_do_not_become_a_flood_outside()
    {
        var time = new StoppedTime();
        using var gateway = new GatewayUnderTest(network, time: time);
        var (flood, quiet) = (gateway.Slot(GatewayUnderTest.Spec()), gateway.Slot(GatewayUnderTest.Spec()));
        using var socket = flood.Namespace.Open(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse("198.18.0.53"), 53));
        async Task AskAsync(int index) =>
            await socket.SendAsync(DnsWriter.Query((ushort)index, new(DnsName.Of($"loop{index}.example"), DnsType.A, 1), false, false, false));

        // so few at a time that nothing is lost on the way, until no more is taken
        for (var index = 1; index <= 500; index++)
        {
            await AskAsync(index);
            if (index % 25 == 0)
                await Eventually.HoldsAsync(() => network.Dns.Asked.Count == index);
        }
        for (var index = 501; index <= 520; index++)
            await AskAsync(index);
        await Eventually.HoldsAsync(() => network.Dns.Asked.Count == 501);

        (await quiet.AskAsync("quiet.example", DnsType.A)).Code.ShouldBe(DnsCode.NoSuchName);
        network.Dns.Asked.Count.ShouldBe(502);

        time.Forward(TimeSpan.FromSeconds(1));
        await Eventually.HoldsAsync(() => network.Dns.Asked.Count == 521);
    }
}

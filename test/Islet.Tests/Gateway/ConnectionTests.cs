using System.Net;
using System.Net.Sockets;
using Islet.Contracts;
using Islet.Tests.ControlPlane;
using Islet.Tests.Gateway.Network;
using static Islet.Tests.Gateway.Network.SlotUnderTest;

namespace Islet.Tests.Gateway;

/// <summary>Real sockets in a slot's namespace, a real kernel that redirects them, a network of the test's around the gateway.</summary>
[Collection(typeof(OnTestNetwork))]
public sealed class ConnectionTests(TestNetwork network)
{
    [Theory]
    [InlineData("93.184.216.34")]
    [InlineData("2606:2800:220:1::34")]
    [InlineData("::ffff:93.184.216.34")]
    public async Task A_public_address_is_reached(string address)
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec());

        (await slot.EchoAsync(At(address))).ShouldBe("hello");
    }

    [Fact]
    public async Task Bytes_to_and_from_the_outside_are_told_as_use()
    {
        using var gateway = new GatewayUnderTest(network);
        var spec = GatewayUnderTest.Spec();
        var slot = gateway.Slot(spec);

        foreach (var _ in Enumerable.Range(0, 3))
            (await slot.EchoAsync(At("93.184.216.34"))).ShouldBe("hello");

        await Eventually.HoldsAsync(() => gateway.Egress.Used.GetValueOrDefault(spec.Project) == (15, 15));
    }

    [Theory]
    [InlineData("10.7.0.2")]
    [InlineData("192.168.50.2")]
    [InlineData("169.254.169.254")]
    [InlineData("::ffff:10.7.0.2")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::a07:2")]
    [InlineData("2002:a07:2::1")]
    [InlineData("fd00:7::2")]
    [InlineData("100.64.0.1")]
    [InlineData("198.18.0.200", "service")]
    [InlineData("198.18.0.53", "service")]
    [InlineData("93.184.216.10", "platform")]
    [InlineData("10.7.0.1", "platform")]
    [InlineData("64:ff9b::5db8:d80a", "platform")]
    public async Task What_is_not_public_is_refused(string address, string rule = "private-address")
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec());

        (await slot.RefusalAsync(At(address))).ShouldBe(SocketError.ConnectionReset);

        var shown = At(address).Address is { IsIPv4MappedToIPv6: true } mapped ? new IPEndPoint(mapped.MapToIPv4(), TestNetwork.EchoPort) : At(address);
        await Eventually.HoldsAsync(() => gateway.Egress.Lines.SequenceEqual([$"Refused {shown} - {rule}"]));
    }

    [Fact]
    public async Task What_is_refused_would_have_answered()
    {
        // the machine of this network does reach it: else the tests above could not fail
        foreach (var address in (string[])["10.7.0.2", "192.168.50.2", "169.254.169.254", "fd00:7::2"])
        {
            using var socket = network.Machine.Open(IPAddress.Parse(address).AddressFamily);
            await socket.ConnectAsync(At(address));
            (await EchoAsync(socket)).ShouldBe("hello");
        }
    }

    [Theory]
    [InlineData("fe80::1%1")]
    [InlineData("224.0.0.1")]
    [InlineData("ff02::1%1")]
    [InlineData("255.255.255.255")]
    public async Task A_link_or_a_group_is_no_destination(string address)
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec());

        (await slot.RefusalAsync(At(address))).ShouldBeOneOf(SocketError.ConnectionReset, SocketError.NetworkUnreachable, SocketError.AccessDenied, SocketError.InvalidArgument, SocketError.AddressNotAvailable);
        gateway.Egress.Lines.ShouldNotContain(line => line.StartsWith("Allowed", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("0.0.0.0")]
    [InlineData("127.9.9.9")]
    public async Task The_listener_itself_is_no_proxy(string address)
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec());

        (await slot.RefusalAsync(At(address, 3128))).ShouldBe(SocketError.ConnectionReset);
        await Eventually.HoldsAsync(() => gateway.Egress.Lines is [var line] && line.EndsWith("- loopback", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_slots_own_loopback_stays_its_own()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec());
        using var server = new EchoServer(slot.Namespace, 8080);

        (await slot.EchoAsync(At("127.0.0.1", 8080))).ShouldBe("hello");
        gateway.Egress.Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task Nothing_is_reached_before_the_slot_is_assigned()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(null);

        (await slot.RefusalAsync(At("93.184.216.34"))).ShouldBe(SocketError.ConnectionReset);

        gateway.Gateway.Assign(slot.Id, GatewayUnderTest.Spec());
        (await slot.EchoAsync(At("93.184.216.34"))).ShouldBe("hello");
    }

    [Theory]
    [InlineData(new[] { "93.184.216.34" }, true, false)]
    [InlineData(new[] { "[2606:2800:220:1::34]" }, false, true)]
    [InlineData(new[] { "example.com" }, false, false)]
    [InlineData(new string[0], false, false)]
    [InlineData(new[] { "*" }, true, true)]
    public async Task A_list_of_hosts_holds_for_addresses(string[] net, bool four, bool six)
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec(net));

        foreach (var (address, reached) in ((string, bool)[])[("93.184.216.34", four), ("2606:2800:220:1::34", six)])
        {
            if (reached)
                (await slot.EchoAsync(At(address))).ShouldBe("hello");
            else
                (await slot.RefusalAsync(At(address))).ShouldBe(SocketError.ConnectionReset);
            if (!reached)
                await Eventually.HoldsAsync(() => gateway.Egress.Lines.Contains($"Refused {At(address)} - permissions.net"));
        }
    }

    [Fact]
    public async Task An_end_passes_through_and_the_other_direction_goes_on()
    {
        using var gateway = new GatewayUnderTest(network);
        var spec = GatewayUnderTest.Spec();
        var slot = gateway.Slot(spec);
        using var socket = await slot.ConnectAsync(At("93.184.216.34"));

        var sent = new byte[3_000_000];
        Random.Shared.NextBytes(sent);
        var sending = Task.Run(async () =>
        {
            for (var at = 0; at < sent.Length;)
                at += await socket.SendAsync(sent.AsMemory(at));
            socket.Shutdown(SocketShutdown.Send);
        });
        using var got = new MemoryStream();
        var buffer = new byte[65_536];
        while (await ReceiveAsync(socket, buffer) is var count and > 0)
            got.Write(buffer, 0, count);
        await sending;

        got.ToArray().AsSpan().SequenceEqual(sent).ShouldBeTrue();
        await Eventually.HoldsAsync(() => gateway.Egress.Lines.SequenceEqual(["Allowed 93.184.216.34:7000 - public", "Closed 93.184.216.34:7000 - done"]));
        var end = gateway.Egress.Records[1];
        (end.Deployment, end.Sent, end.Received).ShouldBe((spec.Deployment, sent.Length, sent.Length));
        gateway.Numbers(spec).ShouldBe(new(0, 1, 0, sent.Length, sent.Length, 0));
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_an_end_not_a_wait()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec());

        (await slot.RefusalAsync(At("93.184.216.34", 9))).ShouldBe(SocketError.ConnectionReset);
        await Eventually.HoldsAsync(() => gateway.Egress.Lines.Contains("Closed 93.184.216.34:9 - unreachable"));
    }

    [Fact]
    public async Task The_end_of_the_slot_cuts_what_is_open()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec());
        using var outside = await slot.ConnectAsync(At("93.184.216.34"));
        (await EchoAsync(outside)).ShouldBe("hello");
        using var service = await slot.ConnectAsync(At("198.18.0.64", 4318));
        using var dns = await slot.ConnectAsync(At("198.18.0.53", 53));
        var (handed, _) = await gateway.Otel.Waiting.ReadAsync();

        gateway.Gateway.Close(slot.Id);

        (await EndAsync(outside)).ShouldBe(SocketError.ConnectionReset);
        (await EndAsync(service)).ShouldBe(SocketError.ConnectionReset);
        await EndAsync(dns); // ends
        handed.SafeHandle.IsClosed.ShouldBeTrue();
        (await slot.RefusalAsync(At("93.184.216.34"))).ShouldBe(SocketError.ConnectionRefused);
        await Eventually.HoldsAsync(() => gateway.Egress.Lines.Contains("Closed 93.184.216.34:7000 - slot-ended"));
    }

    [Fact]
    public async Task A_connection_that_is_silent_for_long_ends()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec());
        using var silent = await slot.ConnectAsync(At("93.184.216.34"));
        using var talking = await slot.ConnectAsync(At("93.184.216.34"));

        await Eventually.HoldsAsync(async () =>
        {
            (await EchoAsync(talking)).ShouldBe("hello");
            gateway.Gateway.Sweep();
            return gateway.Egress.Lines.Contains("Closed 93.184.216.34:7000 - idle");
        });

        (await EndAsync(silent)).ShouldBe(SocketError.ConnectionReset);
        (await EchoAsync(talking)).ShouldBe("hello");
    }

    [Fact]
    public async Task Two_hundred_connections_leave_nothing_open()
    {
        using var gateway = new GatewayUnderTest(network);
        var spec = GatewayUnderTest.Spec(limits: ProjectLimits.Default with { EgressConnections = 20 });
        var slot = gateway.Slot(spec);

        for (var round = 0; round < 20; round++)
        {
            await Eventually.HoldsAsync(() => gateway.Numbers(spec).Open == 0);
            await Task.WhenAll(Enumerable.Range(0, 10).Select(async index =>
            {
                using var socket = await slot.ConnectAsync(At("93.184.216.34"));
                (await EchoAsync(socket)).ShouldBe("hello");
                if (index % 2 == 0)
                    socket.LingerState = new LingerOption(enable: true, 0); // gone without an end
            }));
        }

        await Eventually.HoldsAsync(() => gateway.Numbers(spec) is { Open: 0, Allowed: 200 });

        // 06 is TIME_WAIT, which is the kernel's alone, 0A a listener
        bool Left(NetworkNamespace place) => place.TcpSockets().Any(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3] is not ("06" or "0A"));
        await Eventually.HoldsAsync(() => !Left(network.Machine) && !Left(slot.Namespace));
    }
}

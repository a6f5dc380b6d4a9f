using System.Net.Sockets;
using Islet.Contracts;
using Islet.Gateway.Handover;
using Islet.Gateway.Names;
using Islet.Gateway.Slots;
using Islet.Tests.ControlPlane;
using Islet.Tests.Gateway.Network;
using static Islet.Tests.Gateway.Network.DnsStub;
using static Islet.Tests.Gateway.Network.SlotUnderTest;

namespace Islet.Tests.Gateway;

/// <summary>What is not dialled but handed to a server of this process.</summary>
[Collection(typeof(OnTestNetwork))]
public sealed class DoorTests(TestNetwork network)
{
    [Fact]
    public async Task A_service_learns_who_calls()
    {
        using var gateway = new GatewayUnderTest(network);
        var spec = GatewayUnderTest.Spec([]);
        var slot = gateway.Slot(spec);

        var caller = await HandedAsync(gateway.Otel, slot, "198.18.0.64", 4318);

        caller.ShouldBe(new SlotCaller(slot.Id, spec.Deployment, spec.Project, spec.Organization, At("198.18.0.64", 4318), "otel.islet.internal"));
        await Eventually.HoldsAsync(() => gateway.Egress.Lines.SequenceEqual(["Allowed 198.18.0.64:4318 otel.islet.internal service"]));
        (await slot.RefusalAsync(At("198.18.0.64", 80))).ShouldBe(SocketError.ConnectionReset);
    }

    [Theory]
    [InlineData("198.18.0.1", 80, false)]
    [InlineData("198.18.0.1", 8000, false)]
    [InlineData("198.18.0.1", 443, true)]
    [InlineData("93.184.216.10", 80, false)]
    [InlineData("93.184.216.10", 443, true)]
    [InlineData("10.7.0.1", 8000, false)]
    [InlineData("203.0.113.80", 80, false)]
    public async Task The_platform_is_reached_inside(string address, int port, bool tls)
    {
        using var gateway = new GatewayUnderTest(network, options => options.PlatformAddresses.Add("203.0.113.80"));
        var slot = gateway.Slot(GatewayUnderTest.Spec());
        await slot.AskAsync("app.islet.example", DnsType.A);

        var caller = await HandedAsync(tls ? gateway.Tls : gateway.Plain, slot, address, port);

        (caller.Destination, caller.Host).ShouldBe((At(address, port), address == "198.18.0.1" ? "app.islet.example" : null));
    }

    [Fact]
    public async Task A_list_of_hosts_holds_for_the_platform_too()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec(["friend.islet.example"]));

        (await slot.RefusalAsync(At("198.18.0.1", 80))).ShouldBe(SocketError.ConnectionReset);
        (await slot.AskAsync("other.islet.example", DnsType.A)).Code.ShouldBe(DnsCode.Refused);
        (await slot.AskAsync("friend.islet.example", DnsType.A)).Answers.Count.ShouldBe(1);
        (await HandedAsync(gateway.Plain, slot, "198.18.0.1", 80)).Host.ShouldBe("friend.islet.example");
    }

    [Theory]
    [InlineData(80, true, true)]
    [InlineData(80, false, true)]
    [InlineData(443, true, true)]
    [InlineData(443, false, false)]
    [InlineData(7000, true, false)]
    public async Task A_host_with_a_secret_is_handed_over(int port, bool tls, bool handed)
    {
        using var gateway = new GatewayUnderTest(network, secrets: true);
        var slot = gateway.Slot(GatewayUnderTest.Spec(secrets: new EgressSecret("KEY", "placeholder", "value", ["api.example"], tls)));
        network.Dns.On("api.example", 1, Address("93.184.216.34"));
        network.Dns.On("shared.example", 1, Address("93.184.216.34"));
        await slot.AskAsync("api.example", DnsType.A);
        await slot.AskAsync("shared.example", DnsType.A); // newer, at the same address

        if (handed)
            (await HandedAsync(port == 80 ? gateway.SecretsPlain : gateway.SecretsTls, slot, "93.184.216.34", port)).Host.ShouldBe("api.example");
        else
            await slot.TouchAsync(At("93.184.216.34", port));
        await Eventually.HoldsAsync(() => gateway.Egress.Lines.Count > 0);
        gateway.Egress.Lines[0].ShouldBe(handed ? $"Allowed 93.184.216.34:{port} api.example secret" : $"Allowed 93.184.216.34:{port} shared.example public");
    }

    [Fact]
    public async Task Only_the_named_host_of_the_isolates_own_secrets_is_handed_over()
    {
        using var gateway = new GatewayUnderTest(network, secrets: true);
        var (slot, without) = (gateway.Slot(GatewayUnderTest.Spec(secrets: new EgressSecret("KEY", "placeholder", "value", ["api.example"], Tls: true))), gateway.Slot(GatewayUnderTest.Spec()));
        network.Dns.On("api.example", 1, Address("93.184.216.34"));
        network.Dns.On("x.api.example", 1, Address("93.184.216.53"));
        foreach (var asked in (string[])["API.Example", "x.api.example"])
            await slot.AskAsync(asked, DnsType.A);
        await without.AskAsync("api.example", DnsType.A);

        await slot.TouchAsync(At("93.184.216.53", 80));
        await slot.TouchAsync(At("93.184.216.54", 80)); // under no name
        await without.TouchAsync(At("93.184.216.34", 80));
        (await HandedAsync(gateway.SecretsPlain, slot, "93.184.216.34", 80)).Host.ShouldBe("api.example");

        await Eventually.HoldsAsync(() => gateway.Egress.Lines.Count(line => line.StartsWith("Allowed", StringComparison.Ordinal)) == 4);
        gateway.Egress.Lines.Where(line => line.StartsWith("Allowed", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ShouldBe(
        [
            "Allowed 93.184.216.34:80 api.example public",
            "Allowed 93.184.216.34:80 api.example secret",
            "Allowed 93.184.216.53:80 x.api.example public",
            "Allowed 93.184.216.54:80 - public",
        ]);
    }

    [Fact]
    public async Task What_the_secrets_door_sends_counts_for_the_project()
    {
        using var gateway = new GatewayUnderTest(network, secrets: true);
        var spec = GatewayUnderTest.Spec(
            limits: ProjectLimits.Default with { EgressBytesPerHour = 100 }, secrets: new EgressSecret("KEY", "placeholder", "value", ["api.example"], Tls: false));
        var slot = gateway.Slot(spec);
        gateway.WithSecrets.ShouldBe([slot.Id]);
        network.Dns.On("api.example", 1, Address("93.184.216.34"));
        await slot.AskAsync("api.example", DnsType.A);
        using var secret = await slot.ConnectAsync(At("93.184.216.34", 80));
        using var service = await slot.ConnectAsync(At("198.18.0.64", 4318));
        var (_, caller) = await gateway.SecretsPlain.Waiting.ReadAsync();
        var (telemetry, _) = await gateway.Otel.Waiting.ReadAsync();

        gateway.Gateway.Count(caller, 60, 1000);
        gateway.Gateway.Count(caller, 60, 1000);

        (await EndAsync(secret)).ShouldBe(SocketError.ConnectionReset);
        (await slot.RefusalAsync(At("93.184.216.34", 80))).ShouldBe(SocketError.ConnectionReset);
        telemetry.SafeHandle.IsClosed.ShouldBeFalse();
        gateway.Numbers(spec).ShouldBe(new(0, 2, 1, 120, 2000, 0));
        gateway.Gateway.CountEnded(caller, 120, 2000);
        gateway.Egress.Records[^1].ShouldBe(gateway.Egress.Records[^1] with { Verdict = EgressVerdict.Closed, Host = "api.example", Rule = "egress-bytes", Sent = 120, Received = 2000 });
        gateway.Gateway.Close(slot.Id);
        gateway.WithSecrets.ShouldBeEmpty();
        gateway.Gateway.CountEnded(caller, 0, 0);
        gateway.Egress.Lines[^1].ShouldBe("Closed 93.184.216.34:80 api.example slot-ended");
    }

    [Fact]
    public async Task A_slot_may_have_only_so_many_connections_to_services_whatever_it_may_have_outside()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec(limits: ProjectLimits.Default with { EgressConnections = 0 }));
        (await slot.RefusalAsync(At("93.184.216.34"))).ShouldBe(SocketError.ConnectionReset);
        List<Socket> opened = [], served = [];
        for (var count = 0; count < OpenConnections.MostToServices; count++)
        {
            opened.Add(await slot.ConnectAsync(At("198.18.0.64", 4318)));
            served.Add((await gateway.Otel.Waiting.ReadAsync()).Connection);
        }

        (await slot.RefusalAsync(At("198.18.0.64", 4318))).ShouldBe(SocketError.ConnectionReset);

        served[7].Dispose(); // the service has closed one
        await HandedAsync(gateway.Otel, slot, "198.18.0.64", 4318);
        opened.ForEach(socket => socket.Dispose());
        served.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task Connections_for_a_secret_count_with_those_that_are_relayed()
    {
        using var gateway = new GatewayUnderTest(network, secrets: true);
        var slot = gateway.Slot(GatewayUnderTest.Spec(
            limits: ProjectLimits.Default with { EgressConnections = 2 }, secrets: new EgressSecret("A", "pa", "a", ["api.example"], Tls: false)));
        network.Dns.On("api.example", 1, Address("93.184.216.34"));
        await slot.AskAsync("api.example", DnsType.A);
        using var relayed = await slot.ConnectAsync(At("93.184.216.34"));
        await EchoAsync(relayed);
        using var secret = await slot.ConnectAsync(At("93.184.216.34", 80));
        var (handed, _) = await gateway.SecretsPlain.Waiting.ReadAsync();

        (await slot.RefusalAsync(At("93.184.216.34"))).ShouldBe(SocketError.ConnectionReset);
        (await slot.RefusalAsync(At("93.184.216.34", 80))).ShouldBe(SocketError.ConnectionReset);

        handed.Dispose(); // its server has closed it
        (await slot.EchoAsync(At("93.184.216.34"))).ShouldBe("hello");
    }

    static async Task<SlotCaller> HandedAsync(HandoverEndPoint to, SlotUnderTest slot, string address, int port)
    {
        using var socket = await slot.ConnectAsync(At(address, port));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var (handed, caller) = await to.Waiting.ReadAsync(patience.Token);
        using (handed)
        {
            // a real connection: what one side says the other hears
            await socket.SendAsync("ping"u8.ToArray());
            var buffer = new byte[4];
            (await ReceiveAsync(handed, buffer)).ShouldBe(4);
        }

        return caller;
    }
}

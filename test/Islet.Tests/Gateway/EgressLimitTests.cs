using System.Net;
using System.Net.Sockets;
using Islet.Contracts;
using Islet.Gateway.Policy;
using Islet.Tests.ControlPlane;
using Islet.Tests.Gateway.Network;
using static Islet.Tests.Gateway.Network.SlotUnderTest;

namespace Islet.Tests.Gateway;

[Collection(typeof(OnTestNetwork))]
public sealed class EgressLimitTests(TestNetwork network)
{
    [Fact]
    public async Task An_isolate_has_only_so_many_connections_open()
    {
        using var gateway = new GatewayUnderTest(network);
        var spec = GatewayUnderTest.Spec(limits: ProjectLimits.Default with { EgressConnections = 2 });
        var (slot, other) = (gateway.Slot(spec), gateway.Slot(spec));
        using var first = await slot.ConnectAsync(At("93.184.216.34"));
        using (var second = await slot.ConnectAsync(At("93.184.216.34")))
        {
            await Eventually.HoldsAsync(() => gateway.Numbers(spec).Open == 2);
            (await slot.RefusalAsync(At("93.184.216.34"))).ShouldBe(SocketError.ConnectionReset);
            gateway.Egress.Lines.ShouldContain("Refused 93.184.216.34:7000 - connections");
            (await slot.RefusalAsync(At("93.184.216.34"))).ShouldBe(SocketError.ConnectionReset);
            gateway.Lines.Of(spec).ShouldBe(["Error Limit of 2 connections to the outside at once reached, one more refused"]); // not for each
            (await other.EchoAsync(At("93.184.216.34"))).ShouldBe("hello"); // its own two
        }

        await Eventually.HoldsAsync(() => gateway.Numbers(spec).Open == 1);
        (await slot.EchoAsync(At("93.184.216.34"))).ShouldBe("hello");
    }

    [Fact]
    public async Task A_project_that_has_sent_its_bytes_is_cut_everywhere()
    {
        using var gateway = new GatewayUnderTest(network);
        var project = new ProjectId(Guid.NewGuid());
        var limits = ProjectLimits.Default with { EgressBytesPerHour = 100_000 };
        var (own, others) = (GatewayUnderTest.Spec(limits: limits, project: project), GatewayUnderTest.Spec(limits: limits));
        var (slot, sibling, foreign) = (gateway.Slot(own), gateway.Slot(GatewayUnderTest.Spec(limits: limits, project: project)), gateway.Slot(others));
        using var sender = await slot.ConnectAsync(At("93.184.216.34"));
        using var idle = await sibling.ConnectAsync(At("93.184.216.34"));
        using var unharmed = await foreign.ConnectAsync(At("93.184.216.34"));
        foreach (var socket in (Socket[])[sender, idle, unharmed])
            (await EchoAsync(socket)).ShouldBe("hello");
        (await EchoAsync(sender, new string('x', 90_000))).Length.ShouldBe(90_000);

        await sender.SendAsync(new byte[20_000]);

        (await EndAsync(sender)).ShouldBe(SocketError.ConnectionReset);
        (await EndAsync(idle)).ShouldBe(SocketError.ConnectionReset);
        (await sibling.RefusalAsync(At("93.184.216.34"))).ShouldBe(SocketError.ConnectionReset);
        (await EchoAsync(unharmed)).ShouldBe("hello");
        await Eventually.HoldsAsync(() => gateway.Egress.Lines.Count(line => line == "Closed 93.184.216.34:7000 - egress-bytes") == 2
            && gateway.Egress.Lines.Contains("Refused 93.184.216.34:7000 - egress-bytes"));
        gateway.Lines.Of(own).ShouldBe(["Error Limit of 100000 bytes per hour of the project to the outside reached, its connections are cut"]);
        gateway.Lines.Of(others).ShouldBeEmpty();
    }

    [Fact]
    public void Bytes_count_for_an_hour()
    {
        var time = new ManualTime();
        var budget = new ByteBudget(time);

        budget.TrySpend(60, 100).ShouldBeTrue();
        time.Forward(TimeSpan.FromMinutes(30));
        budget.TrySpend(40, 100).ShouldBeTrue();
        budget.IsSpent(100).ShouldBeTrue();
        budget.TrySpend(1, 0).ShouldBeTrue(); // no limit
        time.Forward(TimeSpan.FromMinutes(29));
        budget.TrySpend(1, 100).ShouldBeFalse();
        time.Forward(TimeSpan.FromMinutes(2));
        budget.IsSpent(100).ShouldBeFalse(); // the first 60 are an hour old
        budget.TrySpend(58, 100).ShouldBeTrue();
        budget.TrySpend(1, 100).ShouldBeFalse();
        time.Forward(TimeSpan.FromDays(3));
        budget.TrySpend(100, 100).ShouldBeTrue();
    }

    [Fact]
    public async Task Refusals_in_a_loop_do_not_fill_the_log()
    {
        using var gateway = new GatewayUnderTest(network);
        var spec = GatewayUnderTest.Spec(limits: ProjectLimits.Default with { EgressConnectionsPerSecond = 0 });
        var slot = gateway.Slot(spec);

        for (var round = 0; round < 20; round++)
            await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => slot.RefusalAsync(At("10.7.0.2"))));

        await Eventually.HoldsAsync(() => gateway.Numbers(spec) is { Refused: 1000 } numbers && gateway.Egress.Lines.Count + numbers.NotWritten == 1000);
    }

    [Fact]
    public void A_flood_of_decisions_is_counted()
    {
        var (egress, traffic) = (new RecordedEgress(), new DeploymentTraffic());
        var time = new ManualTime();
        var decisions = new Decisions(new DeploymentId("test"), egress, new TellLimits(GatewayUnderTest.Spec(), new RecordedLines(), time), traffic, time);

        for (var round = 0; round < 1000; round++)
            decisions.Refused("10.0.0.1:1", null, EgressRules.PrivateAddress);
        egress.Records.Count.ShouldBe(200);
        traffic.Now.NotWritten.ShouldBe(800);

        time.Forward(TimeSpan.FromSeconds(1));
        decisions.Refused(new string('x', 5000), new string('y', 5000), EgressRules.PermissionsNet);
        egress.Records[^1].ShouldSatisfyAllConditions(
            record => record.Destination.Length.ShouldBe(512), record => record.Host!.Length.ShouldBe(512));

        // of refusals a few a second, of what was allowed still each
        for (var round = 0; round < 100; round++)
        {
            decisions.Refused("10.0.0.1:1", null, EgressRules.PrivateAddress);
            decisions.Allowed(new IPEndPoint(IPAddress.Loopback, 1), null, EgressRules.Public);
        }
        egress.Records.Count(record => record.Verdict == EgressVerdict.Refused).ShouldBe(220);
        egress.Records.Count(record => record.Verdict == EgressVerdict.Allowed).ShouldBe(100);
    }
}

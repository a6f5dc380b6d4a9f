using System.Net;
using System.Net.Sockets;
using Islet.Gateway.Names;
using Islet.Tests.ControlPlane;
using Islet.Tests.Gateway.Network;
using static Islet.Tests.Gateway.Network.DnsStub;
using static Islet.Tests.Gateway.Network.SlotUnderTest;

namespace Islet.Tests.Gateway;

/// <summary>DNS as a program in a slot sees it, and what a DNS server outside can do to it.</summary>
[Collection(typeof(OnTestNetwork))]
public sealed class NameTests(TestNetwork network)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_public_name_is_found_and_its_address_reached(bool six)
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec());
        network.Dns.On("found.example", 1, Address("93.184.216.34"));
        network.Dns.On("found.example", 28, Address("2606:2800:220:1::34"));

        foreach (var type in (ushort[])[DnsType.A, DnsType.Aaaa])
        {
            var address = (await slot.AskAsync("Found.example", type, six)).Answers.ShouldHaveSingleItem().Address.ShouldNotBeNull();
            (await slot.EchoAsync(new(address, TestNetwork.EchoPort))).ShouldBe("hello");
        }

        network.Dns.Asked.ShouldBe(["Found.example 1 udp", "Found.example 28 udp"]);
        await Eventually.HoldsAsync(() => gateway.Egress.Lines.Contains("Allowed 93.184.216.34:7000 found.example public")
            && gateway.Egress.Lines.Contains("Allowed [2606:2800:220:1::34]:7000 found.example public"));
    }

    [Fact]
    public async Task Several_questions_go_through_one_stream()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec());
        network.Dns.On("stream.example", 1, Address("93.184.216.34"));
        network.Dns.On("stream.example", 28, []);

        var answers = await slot.AskByTcpAsync(
            new(DnsName.Of("stream.example"), DnsType.A, 1), new(DnsName.Of("stream.example"), DnsType.Aaaa, 1),
            new(DnsName.Of("nowhere.example"), DnsType.A, 1));

        answers.Select(answer => (answer.Code, answer.Answers.Count)).ShouldBe([(DnsCode.NoError, 1), (DnsCode.NoError, 0), (DnsCode.NoSuchName, 0)]);
    }

    [Fact]
    public async Task Every_type_of_record_passes()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec());
        byte[] target = Name("target.example");
        (int Type, byte[] Data)[] records =
        [
            (16, [4, .. "text"u8]), (15, [0, 10, .. target]), (33, [0, 1, 0, 2, 1, 187, .. target]), (257, [0, 5, .. "issueca.example"u8]),
            (2, target), (12, target), (5, target), (6, [.. target, .. target, .. new byte[20]]),
            (65, [0, 1, 0, 0, 1, 0, 3, 2, .. "h2"u8, 0, 4, 0, 4, 93, 184, 216, 34]), (64_000, [1, 2, 3]),
        ];
        foreach (var record in records)
        {
            network.Dns.On("types.example", record.Type, record);
            var answer = await slot.AskAsync("types.example", (ushort)record.Type);
            answer.Answers.Select(got => ((int)got.Type, Convert.ToHexString(got.Data))).ShouldBe([(record.Type, Convert.ToHexString(record.Data))]);
        }
    }

    [Fact]
    public async Task Names_inside_of_records_survive_although_they_were_compressed()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec());

        // CNAME www → the question's own name without its first label, by a pointer to byte 16; then an address for that
        network.Dns.On("abc.packed.example", 1, (query, _) =>
        [
            [.. Answer(query, 0, 60, (5, [3, .. "www"u8, 0xC0, 16]))[..7], 2, .. Answer(query, 0, 60, (5, [3, .. "www"u8, 0xC0, 16]))[8..],
                3, .. "www"u8, 0xC0, 16, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 93, 184, 216, 34],
        ]);

        var answer = await slot.AskAsync("abc.packed.example", DnsType.A);

        Convert.ToHexString(answer.Answers[0].Data).ShouldBe(Convert.ToHexString(Name("www.packed.example")));
        (answer.Answers[1].Owner.Text, answer.Answers[1].Address!.ToString()).ShouldBe(("www.packed.example", "93.184.216.34"));
    }

    [Fact]
    public async Task A_long_answer_is_asked_for_by_stream_on_both_sides()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec());
        (int Type, byte[] Data) text = (16, [200, .. new byte[200]]);
        network.Dns.On("long.example", 16, (query, byTcp) =>
            byTcp ? [Answer(query, 0, 0, text, text, text, text)] : [[.. Answer(query, 0, 0)[..2], 0x83, .. Answer(query, 0, 0)[3..]]]);
        var question = new DnsQuestion(DnsName.Of("long.example"), DnsType.Txt, 1);

        var (byUdp, truncated) = await slot.AskAsync(question);
        var byTcp = await slot.AskByTcpAsync(question);

        (truncated, byUdp.Answers.Count).ShouldBe((true, 0));
        byTcp.ShouldHaveSingleItem().Answers.Count.ShouldBe(4);
        network.Dns.Asked.ShouldBe(["long.example 16 udp", "long.example 16 tcp", "long.example 16 udp", "long.example 16 tcp"]);
    }

    [Fact]
    public async Task A_name_of_the_outside_does_not_lead_inside()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec());
        network.Dns.On("inside.example", 1, Address("10.7.0.2"), Address("93.184.216.34"), Address("127.0.0.1"));
        network.Dns.On("inside.example", 28, Address("fd00:7::2"), Address("::ffff:10.7.0.2"), Address("64:ff9b::a07:2"));
        network.Dns.On("inside.example", 65, (65, [0, 1, 0, 0, 4, 0, 8, 93, 184, 216, 34, 10, 7, 0, 2]), (65, [0, 1, 0, 0, 4, 0, 99]));

        (await slot.AskAsync("inside.example", DnsType.A)).Answers.Select(record => record.Address!.ToString()).ShouldBe(["93.184.216.34"]);
        (await slot.AskAsync("inside.example", DnsType.Aaaa)).Answers.ShouldBeEmpty();
        (await slot.AskAsync("inside.example", DnsType.Https)).Answers.ShouldBeEmpty();

        gateway.Egress.Lines.ShouldBe(Enumerable.Repeat("Refused inside.example inside.example private-answer", 3));
    }

    [Fact]
    public async Task A_name_that_changes_its_mind_is_not_followed()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec(["rebind.example"]));
        var asked = 0;
        network.Dns.On("rebind.example", 1, (query, _) => [Answer(query, 0, 0, Address(asked++ == 0 ? "93.184.216.34" : "10.7.0.2"))]);

        var first = (await slot.AskAsync("rebind.example", DnsType.A)).Answers.ShouldHaveSingleItem().Address!;
        (await slot.EchoAsync(new(first, TestNetwork.EchoPort))).ShouldBe("hello");
        (await slot.AskAsync("rebind.example", DnsType.A)).Answers.ShouldBeEmpty();

        // whoever has the address from elsewhere comes to the second wall, and the first address is still the first
        (await slot.RefusalAsync(At("10.7.0.2"))).ShouldBe(SocketError.ConnectionReset);
        (await slot.EchoAsync(new(first, TestNetwork.EchoPort))).ShouldBe("hello");
        await Eventually.HoldsAsync(() => gateway.Egress.Lines.Contains("Refused 10.7.0.2:7000 - private-address"));
    }

    [Fact]
    public async Task A_list_of_names_opens_their_addresses_and_no_others()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec(["Allowed.example"]));
        network.Dns.On("allowed.example", 1, Address("93.184.216.34"));
        network.Dns.On("other.example", 1, Address("93.184.216.53"));

        (await slot.RefusalAsync(At("93.184.216.34"))).ShouldBe(SocketError.ConnectionReset);
        (await slot.AskAsync("other.example", DnsType.A)).Code.ShouldBe(DnsCode.Refused);
        (await slot.AskAsync("sub.allowed.example", DnsType.A)).Code.ShouldBe(DnsCode.Refused);
        (await slot.AskAsync("allowed.example", DnsType.A)).Answers.Count.ShouldBe(1);

        (await slot.EchoAsync(At("93.184.216.34"))).ShouldBe("hello");
        (await slot.RefusalAsync(At("93.184.216.53"))).ShouldBe(SocketError.ConnectionReset);
        network.Dns.Asked.ShouldBe(["allowed.example 1 udp"]);
        gateway.Egress.Lines.ShouldContain("Refused other.example - permissions.net");
        gateway.Egress.Lines.ShouldContain("Allowed 93.184.216.34:7000 allowed.example permissions.net");
    }

    [Fact]
    public async Task What_one_slot_was_told_does_not_count_for_another()
    {
        using var gateway = new GatewayUnderTest(network);
        var (first, second) = (gateway.Slot(GatewayUnderTest.Spec(["mine.example"])), gateway.Slot(GatewayUnderTest.Spec(["mine.example"])));
        network.Dns.On("mine.example", 1, Address("93.184.216.34"));

        await first.AskAsync("mine.example", DnsType.A);

        (await second.RefusalAsync(At("93.184.216.34"))).ShouldBe(SocketError.ConnectionReset);
    }

    [Fact]
    public async Task Custom_host_that_nobody_proved_is_asked_for_outside()
    {
        using var gateway = new GatewayUnderTest(network, options => options.CustomHostsAreProven = false, routed: "claimed.example");
        var slot = gateway.Slot(GatewayUnderTest.Spec());
        network.Dns.On("claimed.example", 1, Address("93.184.216.34"));

        (await slot.AskAsync("claimed.example", DnsType.A)).Answers.ShouldHaveSingleItem().Address!.ToString().ShouldBe("93.184.216.34");
    }

    [Fact]
    public async Task The_platforms_names_are_answered_here_whatever_the_outside_says()
    {
        using var gateway = new GatewayUnderTest(network, routed: "custom.example");
        var slot = gateway.Slot(GatewayUnderTest.Spec());
        foreach (var name in (string[])["islet.example", "app.islet.example", "custom.example", "otel.islet.internal", "nothing.islet.internal", "x.localhost"])
            network.Dns.On(name, 1, Address("93.184.216.34"));

        foreach (var name in (string[])["islet.example", "app.islet.example", "CUSTOM.example"])
        {
            (await slot.AskAsync(name, DnsType.A)).Answers.ShouldHaveSingleItem().Address!.ToString().ShouldBe("198.18.0.1");
            var six = await slot.AskAsync(name, DnsType.Aaaa);
            (six.Code, six.Answers.Count).ShouldBe((DnsCode.NoError, 0));
        }

        (await slot.AskAsync("otel.islet.internal", DnsType.A)).Answers.ShouldHaveSingleItem().Address!.ToString().ShouldBe("198.18.0.64");
        (await slot.AskAsync("nothing.islet.internal", DnsType.A)).Code.ShouldBe(DnsCode.NoSuchName);
        (await slot.AskAsync("x.localhost", DnsType.A)).Code.ShouldBe(DnsCode.NoSuchName);
        (await slot.AskAsync("notislet.example", DnsType.A)).Code.ShouldBe(DnsCode.NoSuchName);
        network.Dns.Asked.ShouldBe(["notislet.example 1 udp"]);
    }

    [Fact]
    public async Task A_machine_without_IPv6_tells_no_such_address()
    {
        using var gateway = new GatewayUnderTest(network, six: false);
        var slot = gateway.Slot(GatewayUnderTest.Spec());
        network.Dns.On("both.example", 1, Address("93.184.216.34"));
        network.Dns.On("both.example", 28, Address("2606:2800:220:1::34"));

        (await slot.AskAsync("both.example", DnsType.A)).Answers.Count.ShouldBe(1);
        var six = await slot.AskAsync("both.example", DnsType.Aaaa);
        (six.Code, six.Answers.Count).ShouldBe((DnsCode.NoError, 0));
    }

    [Fact]
    public async Task Without_any_permission_only_services_have_names()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec([]));

        (await slot.AskAsync("found.example", DnsType.A)).Code.ShouldBe(DnsCode.Refused);
        (await slot.AskAsync("app.islet.example", DnsType.A)).Code.ShouldBe(DnsCode.Refused);
        (await slot.AskAsync("otel.islet.internal", DnsType.A)).Answers.Count.ShouldBe(1);
        network.Dns.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task No_name_is_told_before_the_slot_is_assigned()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(null);

        (await slot.AskAsync("otel.islet.internal", DnsType.A)).Code.ShouldBe(DnsCode.Refused);
    }

    [Fact]
    public async Task A_server_that_lies_is_not_heard()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec());
        network.Dns.On("lied.example", 1, (query, _) =>
        {
            var lie = Answer(query, 0, 60, Address("93.184.216.66"));
            byte[] wrongId = [(byte)(lie[0] ^ 1), .. lie[1..]];
            byte[] wrongName = [.. lie[..13], (byte)'X', .. lie[14..]];
            byte[] noAnswer = [lie[0], lie[1], 0, .. lie[3..]];
            return [wrongId, wrongName, noAnswer, lie[..^1], [], [1, 2, 3], Answer(query, 0, 60, Address("93.184.216.34"))];
        });
        network.Dns.On("silent.example", 1, (_, _) => []);

        (await slot.AskAsync("lied.example", DnsType.A)).Answers.ShouldHaveSingleItem().Address!.ToString().ShouldBe("93.184.216.34");
        (await slot.AskAsync("silent.example", DnsType.A)).Code.ShouldBe(DnsCode.ServerFailure);
        network.Dns.Asked.Count(line => line.StartsWith("silent", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public async Task Another_server_is_asked_when_one_fails()
    {
        using var gateway = new GatewayUnderTest(network, options => options.DnsServers.Add(TestNetwork.OtherDnsServer.ToString()));
        var slot = gateway.Slot(GatewayUnderTest.Spec());
        network.Dns.On("half.example", 1, (query, _) => [Answer(query, 2, 0)]);
        network.OtherDns.On("half.example", 1, Address("93.184.216.34"));

        (await slot.AskAsync("half.example", DnsType.A)).Answers.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_answer_is_kept_as_long_as_it_says_and_for_its_project_only()
    {
        using var gateway = new GatewayUnderTest(network);
        var spec = GatewayUnderTest.Spec();
        var (first, second, foreign) = (gateway.Slot(spec), gateway.Slot(spec), gateway.Slot(GatewayUnderTest.Spec()));
        network.Dns.On("kept.example", 1, Address("93.184.216.34"));
        network.Dns.On("fleeting.example", 1, (query, _) => [Answer(query, 0, 0, Address("93.184.216.34"))]);

        foreach (var slot in (SlotUnderTest[])[first, second, foreign])
        {
            (await slot.AskAsync("kept.example", DnsType.A)).Answers.Count.ShouldBe(1);
            (await slot.AskAsync("fleeting.example", DnsType.A)).Answers.Count.ShouldBe(1);
        }

        network.Dns.Asked.Count(line => line.StartsWith("kept", StringComparison.Ordinal)).ShouldBe(2);
        network.Dns.Asked.Count(line => line.StartsWith("fleeting", StringComparison.Ordinal)).ShouldBe(3);
    }

    [Fact]
    public async Task Malformed_questions_get_an_error_and_the_next_is_answered()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec());
        network.Dns.On("after.example", 1, Address("93.184.216.34"));
        byte[] head = [7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];

        foreach (var (bad, code) in ((byte[], int)[])
        [
            ([7, 7, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1), // no question
            ([7, 7, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, .. Name("a.example"), 0, 1, 0, 1, .. Name("b.example"), 0, 1, 0, 1], 1), // two
            ([.. head, 0xC0, 12, 0, 1, 0, 1], 1), // a name that points at itself
            ([.. head, 63, 1, 2], 1), // a label behind the end
            ([.. head, .. Enumerable.Repeat((byte[])[63, .. new byte[63]], 40).SelectMany(label => label), 0, 0, 1, 0, 1], 1), // a name of 2.5 KB
            ([.. head, .. new byte[5000]], 1), // longer than any question
            ([7, 7, 0x29, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. Name("a.example"), 0, 1, 0, 1], 4), // an update
            ([.. head, .. Name("a.example"), 0, 252, 0, 1], 5), // a zone transfer
            ([.. head, .. Name("a.example"), 0, 1, 0, 3], 5), // another class
        ])
        {
            var answer = await slot.SendAsync(bad);
            ((int)answer[0], (int)answer[1], answer[2] & 0x80, answer[3] & 0xF).ShouldBe((7, 7, 0x80, code));
        }

        (await slot.AskAsync("after.example", DnsType.A)).Answers.Count.ShouldBe(1);
        network.Dns.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Too_many_questions_that_wait_are_answered_at_once()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec());
        network.Dns.On("waits.example", 1, (_, _) => []);
        network.Dns.On("waits.example", 28, Address("2606:2800:220:1::34"));
        using var flood = slot.Namespace.Open(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await flood.ConnectAsync(new IPEndPoint(IPAddress.Parse("198.18.0.53"), 53));

        for (ushort id = 0; id < 100; id++)
            await flood.SendAsync(DnsWriter.Query(id, new(DnsName.Of("waits.example"), DnsType.A, 1), false, false, false));
        await Eventually.HoldsAsync(() => gateway.Egress.Lines.Any(line => line == "Refused waits.example - questions"));

        // they end, and then there is room
        await Eventually.HoldsAsync(async () => (await slot.AskAsync("waits.example", DnsType.Aaaa)).Code == DnsCode.NoError);
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text;
using Islet.Contracts;
using Islet.Isolates.Linux;
using Islet.Isolates.Supervision;
using Islet.Tests.Gateway.Network;

namespace Islet.Tests.Isolates;

public sealed class OutputTests
{
    [Fact]
    public void Lines_are_cut_at_2048_bytes_between_characters()
    {
        var lines = new List<string>();
        var cutter = new LineCutter(lines.Add);

        cutter.Feed(Encoding.UTF8.GetBytes("a" + new string('ä', 3000) + "\nshort\r\n"));
        cutter.Feed("rest"u8);
        cutter.End();

        lines.ShouldBe(["a" + new string('ä', 1023), "short", "rest"]);
    }

    [Fact]
    public void A_line_without_end_ends_at_64_KiB()
    {
        var lines = new List<string>();
        var cutter = new LineCutter(lines.Add);

        for (var i = 0; i < 130; i++)
            cutter.Feed(new byte[1024]);

        lines.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Output_is_logged_with_its_level_and_Denos_own_lines_are_not()
    {
        await using var node = await IsolatesFixture.StartAsync();
        var spec = node.Program("console.log('to out'); console.error('to err'); export default { fetch: () => new Response('x') };");

        var lease = await node.LeaseAsync(spec);
        node.Isolates.Return(lease, ShutdownReason.Idle);
        await lease.Ended;

        var lines = node.Log.Of(spec.Deployment).Select(line => (line.Severity, line.Message)).ToList();
        lines.ShouldContain((LogSeverity.Info, "to out"));
        lines.ShouldContain((LogSeverity.Error, "to err"));
        lines.Count.ShouldBe(3, string.Join(" | ", lines));
        lines.ShouldContain(line => line.Message.StartsWith("isolate start time: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_flood_is_bounded_and_counted_and_does_not_block_the_program()
    {
        await using var node = await IsolatesFixture.StartAsync();
        var spec = node.Program("Deno.serve(() => { const line = new TextEncoder().encode('x\\n'.repeat(5000)); for (let i = 0; i < 100; i++) { let rest = line; while (rest.length) rest = rest.subarray(Deno.stdout.writeSync(rest)); } return new Response('through'); });");
        var lease = await node.LeaseAsync(spec);

        (await IsolatesFixture.GetAsync(lease)).ShouldEndWith("through");
        node.Isolates.Return(lease, ShutdownReason.Idle);
        await lease.Ended;

        var messages = node.Log.Of(spec.Deployment).Select(line => line.Message).ToList();
        SpinWait.SpinUntil(() => Dropped(node, spec) + node.Log.Of(spec.Deployment).Count(line => line.Message == "x") == 500_000, TimeSpan.FromSeconds(5)).ShouldBeTrue();
        messages.Count(message => message == "x").ShouldBeLessThan(50_000);
    }

    [Fact]
    public async Task Of_a_flood_most_lines_are_only_counted_and_the_last_ones_are_kept_for_the_report()
    {
        var (log, time) = (new RecordedLines(), new StoppedTime());
        var spec = GatewayUnderTest.Spec(limits: ProjectLimits.Default with { LogLinesPerSecond = 200 });
        var (output, toOutput) = await PairAsync();
        var (error, toError) = await PairAsync();
        using var reads = new QuietReads();
        using var pump = new OutputPump(output, error, reads, log, time, () => { });
        pump.Assign(spec, hasTelemetry: false);

        await toError.SendAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 3000).Select(n => $"line {n}\n"))));
        toOutput.Dispose();
        toError.Dispose();
        await pump.Finished;

        log.Of(spec).Count.ShouldBe(200);
        pump.LastLines[^1].ShouldBe("line 2999");
        time.Forward(TimeSpan.FromSeconds(1));
        log.Of(spec)[^1].ShouldBe("Warning 2800 log lines dropped");
    }

    [Fact]
    public void Bytes_and_reads_beyond_the_allowance_wait()
    {
        var time = new StoppedTime();
        var (large, small) = (new OutputAllowance(time), new OutputAllowance(time));

        Enumerable.Range(0, 256).ShouldAllBe(_ => large.Pay(16 << 10) == TimeSpan.Zero); // 4 MiB
        large.Pay(16 << 10).ShouldBe(TimeSpan.FromSeconds(1) / 64);
        Enumerable.Range(0, 256).ShouldAllBe(_ => small.Pay(2) == TimeSpan.Zero);
        small.Pay(2).ShouldBe(TimeSpan.FromSeconds(1) / 64);

        time.Forward(TimeSpan.FromSeconds(1));
        large.Pay(16 << 10).ShouldBe(TimeSpan.Zero);
    }

    static async Task<(Socket Reader, Socket Writer)> PairAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var writer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await writer.ConnectAsync(listener.LocalEndPoint!);
        return (await listener.AcceptAsync(), writer);
    }

    static long Dropped(IsolatesFixture node, IsolateSpec spec) =>
        node.Log.Of(spec.Deployment).Where(line => line.Message.EndsWith(" log lines dropped", StringComparison.Ordinal)).Sum(line => long.Parse(line.Message.Split(' ')[0]));
}

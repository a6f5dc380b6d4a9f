using System.Text;
using Islet.Contracts;
using Islet.Isolates.Supervision;

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

    static long Dropped(IsolatesFixture node, IsolateSpec spec) =>
        node.Log.Of(spec.Deployment).Where(line => line.Message.EndsWith(" log lines dropped", StringComparison.Ordinal)).Sum(line => long.Parse(line.Message.Split(' ')[0]));
}

using System.Net.Sockets;
using System.Text;
using Islet.Contracts;
using Islet.Isolates.Linux;
using Islet.Isolates.Supervision;

namespace Islet.Tests.Isolates;

/// <summary>What the pipes bring and what the exporter says about it, put together: by hand, without Deno.</summary>
public sealed class OutputRecordsTests
{
    [Fact]
    public async Task A_line_is_logged_once_with_the_level_and_trace_of_its_record()
    {
        using var console = new Printed();
        console.Out("a warning is to come\n");
        console.Error("careful\n");
        console.Record(LogSeverity.Debug, "a warning is to come", "t", "s");
        console.Record(LogSeverity.Warning, "careful");

        await console.EndAsync();

        console.Logged.ShouldBe([(LogSeverity.Debug, "a warning is to come", "t"), (LogSeverity.Warning, "careful", null)], ignoreOrder: true);
    }

    [Fact]
    public async Task Lines_without_a_record_are_logged_as_their_stream_suggests_and_in_order()
    {
        using var console = new Printed();
        console.Out("raw\nprinted\nraw too\n");
        console.Record(LogSeverity.Debug, "printed");

        await console.UntilAsync(3);

        console.Logged.ShouldBe([(LogSeverity.Info, "raw", null), (LogSeverity.Debug, "printed", null), (LogSeverity.Info, "raw too", null)]);
    }

    [Fact]
    public async Task Nothing_is_lost_and_the_last_lines_are_there_at_once_when_a_slot_dies_without_records()
    {
        var log = new RecordingLog();
        using var consoles = new IsolateConsoles(log, TimeProvider.System);
        var (output, outputEnd) = Pair();
        var (error, errorEnd) = Pair();
        using var pump = consoles.Open(new IsolateId(1), outputEnd, errorEnd);
        pump.Assign(Printed.SpecOf(1000), hasTelemetry: true);

        error.Send("before the end\nwithout a line break"u8);
        error.Dispose();
        await Eventually(() => pump.LastLines.Count == 2);
        consoles.Write(new IsolateId(2), new ConsoleRecord(LogSeverity.Debug, "before the end", null, null));
        log.Lines.ShouldBeEmpty();
        output.Dispose();
        await pump.Finished;

        log.Lines.Select(line => (line.Severity, line.Message)).ShouldBe([(LogSeverity.Error, "before the end"), (LogSeverity.Error, "without a line break")]);
    }

    [Fact]
    public async Task What_one_call_printed_is_one_message_and_what_is_too_long_for_one_is_several()
    {
        using var console = new Printed();
        var wide = new string('w', 1500);
        console.Error($"Error: x\n    at y\n\n{wide}\n{wide}\n");
        console.Record(LogSeverity.Warning, "Error: x\n    at y");
        console.Record(LogSeverity.Error, $"\n{wide}\n{wide}", "t");

        await console.EndAsync();

        console.Logged.ShouldBe([(LogSeverity.Warning, "Error: x\n    at y", null), (LogSeverity.Error, $"\n{wide}", "t"), (LogSeverity.Error, wide, "t")]);
    }

    [Fact]
    public async Task Texts_are_compared_as_the_pipes_cut_them()
    {
        using var console = new Printed();
        var text = "a" + new string('ä', 3000) + "\r\nnul\0 \u001b[31m\r";
        console.Out(text + "\n");
        console.Record(LogSeverity.Debug, text);

        await console.EndAsync();

        console.Logged.ShouldBe([(LogSeverity.Debug, "a" + new string('ä', 1023), null), (LogSeverity.Debug, "nul\0 \u001b[31m", null)]);
    }

    [Fact]
    public async Task The_same_text_on_both_streams_finds_its_own_record()
    {
        using var console = new Printed();
        console.Error("same\n");
        console.Out("same\n");
        console.Record(LogSeverity.Debug, "same", "out");
        console.Record(LogSeverity.Error, "same", "err");

        await console.EndAsync();

        console.Logged.ShouldBe([(LogSeverity.Debug, "same", "out"), (LogSeverity.Error, "same", "err")], ignoreOrder: true);
    }

    [Fact]
    public async Task A_record_may_come_before_its_lines_and_one_without_lines_logs_nothing()
    {
        using var console = new Printed();
        console.Record(LogSeverity.Error, "forged");
        console.Record(LogSeverity.Debug, "first\nsecond", "t");
        console.Out("first\nsecond\n");
        console.Record(LogSeverity.Debug, "forged too");

        await console.EndAsync();

        console.Logged.ShouldBe([(LogSeverity.Debug, "first\nsecond", "t")]);
    }

    [Fact]
    public async Task The_platforms_own_lines_stay_behind_what_the_program_said_before()
    {
        using var console = new Printed();
        console.Out("still waits\n");
        console.Lines.Tell(LogSeverity.Info, "isolate start time: 1 ms");
        console.Logged.ShouldBeEmpty();
        console.Record(LogSeverity.Debug, "still waits");

        console.Logged.Select(line => line.Text).ShouldBe(["still waits", "isolate start time: 1 ms"]);
        await console.EndAsync();
    }

    [Fact]
    public void Lines_do_not_wait_where_no_record_can_come()
    {
        using var console = new Printed(hasTelemetry: false);
        console.Out("out\n");
        console.Record(LogSeverity.Debug, "out");

        console.Logged.ShouldBe([(LogSeverity.Info, "out", null)]);
    }

    [Fact]
    public void Lines_that_wait_are_bounded()
    {
        using var console = new Printed(linesPerSecond: int.MaxValue);
        console.Out(string.Concat(Enumerable.Range(0, 10_000).Select(i => $"{i}\n")));

        console.Logged.Count.ShouldBeGreaterThan(7_000);
        console.Logged.Select(line => line.Text).ShouldBe(Enumerable.Range(0, console.Logged.Count).Select(i => $"{i}"));
    }

    [Fact]
    public async Task The_limit_of_lines_is_the_projects_own()
    {
        using var console = new Printed(hasTelemetry: false, linesPerSecond: 3);
        console.Out("1\n2\n3\n4\n5\n");
        await console.EndAsync();
        console.Dispose();

        console.Logged.Select(line => line.Text).ShouldBe(["1", "2", "3", "2 log lines dropped"]);
    }

    static (Socket Ours, Socket Theirs) Pair()
    {
        Span<int> pair = stackalloc int[2];
        Libc.SocketPair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, pair).ShouldBe(0);
        return (new Socket(new SafeSocketHandle(pair[0], ownsHandle: true)), new Socket(new SafeSocketHandle(pair[1], ownsHandle: true)));
    }

    internal static async Task Eventually(Func<bool> holds)
    {
        for (var tries = 0; tries < 1000 && !holds(); tries++)
            await Task.Delay(10, TestContext.Current.CancellationToken);
        holds().ShouldBeTrue();
    }
}

/// <summary>What an isolate prints, cut into lines as the pump does it; the test is pipe and exporter.</summary>
internal sealed class Printed : IDisposable
{
    readonly RecordingLog log = new();
    readonly LogGate gate;
    readonly LineCutter output;
    readonly LineCutter error;

    public Printed(bool hasTelemetry = true, int linesPerSecond = 1000)
    {
        gate = new LogGate(log, TimeProvider.System);
        gate.Assign(SpecOf(linesPerSecond));
        Lines = new WaitingLines(gate, TimeProvider.System);
        if (hasTelemetry)
            Lines.ExpectRecords();
        output = new LineCutter(line => Lines.Add(OutputStream.Out, line));
        error = new LineCutter(line => Lines.Add(OutputStream.Error, line));
    }

    public WaitingLines Lines { get; }

    public List<(LogSeverity Severity, string Text, string? Trace)> Logged => [.. log.Lines.Select(line => (line.Severity, line.Message, line.Trace))];

    public static IsolateSpec SpecOf(int linesPerSecond) =>
        new(new DeploymentId("aaaaaaaaaaaa"), default, default, new Artifact(ArtifactKind.Graph, "", "", [], new Dictionary<string, string>()), new Dictionary<string, string>(), null)
        {
            Limits = new ProjectLimits { LogLinesPerSecond = linesPerSecond },
        };

    public void Out(string text) => output.Feed(Encoding.UTF8.GetBytes(text));

    public void Error(string text) => error.Feed(Encoding.UTF8.GetBytes(text));

    public void Record(LogSeverity severity, string text, string? trace = null, string? span = null) =>
        Lines.Apply(new ConsoleRecord(severity, text, trace, span));

    public Task UntilAsync(int lines) => OutputRecordsTests.Eventually(() => Logged.Count >= lines);

    public async Task EndAsync()
    {
        output.End();
        error.End();
        await Lines.EndAsync();
    }

    public void Dispose()
    {
        Lines.Dispose();
        gate.Dispose();
    }
}

using System.Net;
using Islet.Contracts;
using Islet.Gateway.Telemetry;
using Islet.Tests.Gateway.Network;

namespace Islet.Tests.Gateway;

public sealed class TelemetryTests
{
    [Fact]
    public async Task Records_of_a_real_export_reach_the_console_of_the_calling_isolate()
    {
        var console = new RecordedConsole();
        await using var receiver = await TelemetryReceiver.StartAsync(console, TelemetryReceiver.Caller);

        var answer = await receiver.PostAsync(Exported);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe("{}");
        console.Isolates.ShouldBe([TelemetryReceiver.Caller.Isolate]);
        console.Records.ShouldBe(
        [
            new ConsoleRecord(LogSeverity.Debug, "debug", null, null),
            new ConsoleRecord(LogSeverity.Info, "two\nlines", null, null),
            new ConsoleRecord(LogSeverity.Info, "", null, null),
            new ConsoleRecord(LogSeverity.Debug, "Trace: tr\n    at file:///src/main.ts:8:9", null, null),
            new ConsoleRecord(LogSeverity.Info, "nul\0 esc\u001b[31m \u2028 lone\ufffd", null, null),
            new ConsoleRecord(LogSeverity.Warning, "in a request", "e792b712e6d8d4e5a471d762e4adf183", "80a6b18c20c33e9c"),
            new ConsoleRecord(LogSeverity.Error, "error: Uncaught TypeError: x\n    at file:///src/main.ts:1:1", null, null),
        ]);
    }

    [Theory]
    [InlineData(0, LogSeverity.Info)]
    [InlineData(1, LogSeverity.Debug)]
    [InlineData(8, LogSeverity.Debug)]
    [InlineData(9, LogSeverity.Info)]
    [InlineData(12, LogSeverity.Info)]
    [InlineData(13, LogSeverity.Warning)]
    [InlineData(16, LogSeverity.Warning)]
    [InlineData(17, LogSeverity.Error)]
    [InlineData(int.MaxValue, LogSeverity.Error)]
    [InlineData(-1, LogSeverity.Info)]
    public void Severity_numbers_are_four_levels(int number, LogSeverity level) =>
        Parse(Request($$"""{"severityNumber":{{number}},"body":{"stringValue":"x"} }""")).ShouldBe([new ConsoleRecord(level, "x", null, null)]);

    [Theory]
    [InlineData("00000000000000000000000000000000", "0000000000000000", null, null)]
    [InlineData("E792B712e6d8d4e5a471d762e4adf183", "80A6b18c20c33e9c", "e792b712e6d8d4e5a471d762e4adf183", "80a6b18c20c33e9c")]
    [InlineData("e792b712e6d8d4e5a471d762e4adf18", "80a6b18c20c33e9c0", null, null)]
    [InlineData("e792b712e6d8d4e5a471d762e4adf18'", "80a6b18c20c33e9\\u0660", null, null)]
    public void Ids_are_hex_of_their_length_or_none(string trace, string span, string? expectedTrace, string? expectedSpan)
    {
        var records = Parse(Request($$"""{"traceId":"{{trace}}","spanId":"{{span}}","body":{"stringValue":"x"} }"""));
        records.ShouldBe([new ConsoleRecord(LogSeverity.Info, "x", expectedTrace, expectedSpan)]);
    }

    [Fact]
    public void A_long_text_is_cut_at_a_line_and_a_long_line_between_characters()
    {
        var line = new string('x', 60_000);
        Parse(Request($$"""{"body":{"stringValue":"{{line}}\n{{line}}\n"} }"""))![0].Text.ShouldBe(line);
        Parse(Request($$"""{"body":{"stringValue":"a{{new string('é', 40_000)}}"} }"""))![0].Text.ShouldBe("a" + new string('é', 32_767));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("""{"resourceLogs":{}}""")]
    [InlineData("""{"resourceLogs":[[]]}""")]
    [InlineData("""{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"good"}},7]}]}]}""")]
    [InlineData("""{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"good"}},{"body":{"stringValue":"\ud800"}}]}]}]}""")]
    public async Task What_is_malformed_is_refused_and_writes_nothing(string json)
    {
        var console = new RecordedConsole();
        await using var receiver = await TelemetryReceiver.StartAsync(console, TelemetryReceiver.Caller);

        (await receiver.PostAsync(json)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        console.Records.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"resourceLogs":[]}""")]
    [InlineData("""{"resourceLogs":[{"scopeLogs":[{"logRecords":[{},{"body":[1,{"a":2}]},{"body":{"kvlistValue":{"values":[]}}},{"body":null,"severityNumber":"9"}]}]}]}""")]
    public async Task What_says_nothing_is_accepted(string json)
    {
        var console = new RecordedConsole();
        await using var receiver = await TelemetryReceiver.StartAsync(console, TelemetryReceiver.Caller);

        (await receiver.PostAsync(json)).StatusCode.ShouldBe(HttpStatusCode.OK);

        console.Records.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_too_much_is_refused_by_its_kind()
    {
        var console = new RecordedConsole();
        await using var receiver = await TelemetryReceiver.StartAsync(console, TelemetryReceiver.Caller);
        var record = """{"body":{"stringValue":"x"}}""";

        var many = string.Join(',', Enumerable.Repeat(record, ReceiveTelemetry.MostRecords + 1));
        (await receiver.PostAsync(Request(many))).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await receiver.PostAsync("{\"a\":\"" + new string('x', ReceiveTelemetry.MostBytes) + "\"}")).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        var deep = $"{{\"a\":{new string('[', 40)}{new string(']', 40)}}}";
        (await receiver.PostAsync(deep)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await receiver.PostAsync(Request(record), type: "application/x-protobuf")).StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        (await receiver.PostAsync(Request(record), encoding: "gzip")).StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        (await receiver.PostAsync(Request(record), path: "/v1/other")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await receiver.Client.GetAsync(new Uri("/v1/logs", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);

        console.Records.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/v1/logs")]
    [InlineData("/v1/traces")]
    public async Task A_slot_that_asks_more_often_than_its_share_is_told_to_wait(string path)
    {
        await using var receiver = await TelemetryReceiver.StartAsync(new RecordedConsole(), TelemetryReceiver.Caller, time: new StoppedTime());

        var statuses = new List<HttpStatusCode>();
        while (statuses.Count < 2000 && !statuses.Contains(HttpStatusCode.TooManyRequests))
            statuses.Add((await receiver.PostAsync("{}", path)).StatusCode);

        statuses.Count.ShouldBe(513); // a second of 4 MiB, in requests of 8 KiB and a little, and the one that is refused
    }

    [Fact]
    public async Task A_slot_that_sends_more_than_its_share_is_told_to_wait()
    {
        await using var receiver = await TelemetryReceiver.StartAsync(new RecordedConsole(), TelemetryReceiver.Caller);
        var large = "{\"a\":\"" + new string('x', ReceiveTelemetry.MostBytes - 100) + "\"}";

        var statuses = new List<HttpStatusCode>();
        while (statuses.Count < 100 && !statuses.Contains(HttpStatusCode.TooManyRequests))
            statuses.Add((await receiver.PostAsync(large)).StatusCode);

        statuses[0].ShouldBe(HttpStatusCode.OK);
        statuses[^1].ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Theory]
    [InlineData("/v1/traces")]
    [InlineData("/v1/metrics")]
    public async Task Spans_and_metrics_are_taken_and_forgotten(string path)
    {
        var console = new RecordedConsole();
        await using var receiver = await TelemetryReceiver.StartAsync(console, TelemetryReceiver.Caller);

        (await receiver.PostAsync(Exported, path)).StatusCode.ShouldBe(HttpStatusCode.OK);

        console.Records.ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_does_not_come_out_of_a_slot_is_refused()
    {
        var console = new RecordedConsole();
        await using var receiver = await TelemetryReceiver.StartAsync(console, caller: null);

        (await receiver.PostAsync(Exported)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        console.Records.ShouldBeEmpty();
    }

    static List<ConsoleRecord>? Parse(string json) => LogRecords.Parse(System.Text.Encoding.UTF8.GetBytes(json), 100);

    static string Request(string records) => $$"""{"resourceLogs":[{"scopeLogs":[{"logRecords":[{{records}}]}]}]}""";

    // As Deno 2.9.6 sends it, some records left out.
    const string Exported =
        """
        {"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"<unknown_service>"}},{"key":"process.runtime.name","value":{"stringValue":"deno"}}],"droppedAttributesCount":0},"scopeLogs":[
        {"scope":{"name":"deno","version":"2.9.6","attributes":[],"droppedAttributesCount":0},"logRecords":[
        {"timeUnixNano":"1795517853574213432","observedTimeUnixNano":"1795517853574213432","severityNumber":5,"severityText":"DEBUG","body":{"stringValue":"debug\n"},"attributes":[{"key":"log.iostream","value":{"stringValue":"stdout"}}],"droppedAttributesCount":0,"flags":0,"traceId":"","spanId":"","eventName":""},
        {"timeUnixNano":"1795517853574799246","observedTimeUnixNano":"1795517853574799246","severityNumber":9,"severityText":"INFO","body":{"stringValue":"two\nlines\n"},"attributes":[{"key":"log.iostream","value":{"stringValue":"stdout"}}],"droppedAttributesCount":0,"flags":0,"traceId":"","spanId":"","eventName":""},
        {"timeUnixNano":"1795517853574812335","observedTimeUnixNano":"1795517853574812335","severityNumber":9,"severityText":"INFO","body":{"stringValue":"\n"},"attributes":[{"key":"log.iostream","value":{"stringValue":"stdout"}}],"droppedAttributesCount":0,"flags":0,"traceId":"","spanId":"","eventName":""},
        {"timeUnixNano":"1795517853575092253","observedTimeUnixNano":"1795517853575092253","severityNumber":1,"severityText":"TRACE","body":{"stringValue":"Trace: tr\n    at file:///src/main.ts:8:9"},"attributes":[{"key":"log.iostream","value":{"stringValue":"stdout"}}],"droppedAttributesCount":0,"flags":0,"traceId":"","spanId":"","eventName":""},
        {"timeUnixNano":"1795517853575101797","observedTimeUnixNano":"1795517853575101797","severityNumber":1,"severityText":"TRACE","body":{"stringValue":"\n"},"attributes":[{"key":"log.iostream","value":{"stringValue":"stdout"}}],"droppedAttributesCount":0,"flags":0,"traceId":"","spanId":"","eventName":""},
        {"timeUnixNano":"1795517853576529396","observedTimeUnixNano":"1795517853576529396","severityNumber":9,"severityText":"INFO","body":{"stringValue":"nul\u0000 esc\u001b[31m \u2028 lone\ufffd\n"},"attributes":[{"key":"log.iostream","value":{"stringValue":"stdout"}}],"droppedAttributesCount":0,"flags":0,"traceId":"","spanId":"","eventName":""},
        {"timeUnixNano":"1795517853825229069","observedTimeUnixNano":"1795517853825229069","severityNumber":13,"severityText":"WARN","body":{"stringValue":"in a request\n"},"attributes":[{"key":"log.iostream","value":{"stringValue":"stderr"}}],"droppedAttributesCount":0,"flags":1,"traceId":"e792b712e6d8d4e5a471d762e4adf183","spanId":"80a6b18c20c33e9c","eventName":""}],"schemaUrl":""},
        {"scope":{"name":"ext:runtime","version":"2.9.6","attributes":[],"droppedAttributesCount":0},"logRecords":[
        {"timeUnixNano":"1795517853821856990","observedTimeUnixNano":"1795517853821856990","severityNumber":9,"severityText":"INFO","body":{"stringValue":"Listening on /run/islet/a.sock"},"attributes":[],"droppedAttributesCount":0,"flags":0,"traceId":"","spanId":"","eventName":""},
        {"timeUnixNano":"0","observedTimeUnixNano":"1795517853883479063","severityNumber":1,"severityText":"TRACE","body":{"stringValue":"TypeError: x\n    at file:///src/main.ts:1:1"},"attributes":[],"droppedAttributesCount":0,"flags":0,"traceId":"","spanId":"","eventName":"uncaught_exception"},
        {"timeUnixNano":"1795517853886806236","observedTimeUnixNano":"1795517853886806236","severityNumber":17,"severityText":"ERROR","body":{"stringValue":"error: Uncaught TypeError: x\n    at file:///src/main.ts:1:1"},"attributes":[],"droppedAttributesCount":0,"flags":0,"traceId":"","spanId":"","eventName":""}],"schemaUrl":""}
        ],"schemaUrl":""}]}
        """;
}

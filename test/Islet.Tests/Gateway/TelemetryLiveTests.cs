using System.Net;
using System.Net.Sockets;
using Islet.Contracts;
using Islet.Isolates.Linux;
using Islet.Isolates.Sandbox;
using Islet.Isolates.Starting;
using Islet.Isolates.Supervision;
using Islet.Tests.Isolates;

namespace Islet.Tests.Gateway;

/// <summary>
/// The real Deno, printing and exporting, in a network namespace that has nothing but loopback: what it prints comes
/// through its pipes, what it exports through the receiver, and both together are its log.
/// </summary>
public sealed class TelemetryLiveTests
{
    const int NewNetwork = 0x40000000; // CLONE_NEWNET

    [Fact]
    public async Task What_Deno_prints_and_exports_becomes_one_log()
    {
        var lines = await RunAsync(
            """
            console.log('log %s', 'formatted', { a: 1 });
            console.info('info'); console.debug('debug'); console.warn('warn'); console.error('error');
            console.log('two\nlines'); console.log(''); console.log('nul\0 \x1b[31m \ud800'); console.log('x'.repeat(5000));
            console.trace('where'); console.assert(false, 'asserted');
            console.group('group'); console.log('inside'); console.groupEnd();
            await Deno.stdout.write(new TextEncoder().encode('past the console\n'));
            const worker = new Worker('data:application/javascript,console.warn("worker");self.close()', { type: 'module' });
            await new Promise((done) => setTimeout(done, 400));
            const server = Deno.serve({ hostname: '127.0.0.1', port: 0, onListen() {} }, (request) => {
              console.log('in a request', request.headers.get('traceparent')?.slice(3, 35));
              return new Response('x');
            });
            await (await fetch(`http://127.0.0.1:${server.addr.port}/`)).text();
            console.debug('last words');
            throw new TypeError('uncaught');
            """);

        var plain = lines.Where(line => line.Trace is null).Select(line => (line.Severity, line.Message)).ToList();
        plain.Where(line => line.Severity is LogSeverity.Debug or LogSeverity.Info).ShouldBe(
        [
            (LogSeverity.Info, "log formatted { a: 1 }"),
            (LogSeverity.Info, "info"),
            (LogSeverity.Debug, "debug"),
            (LogSeverity.Info, "two\nlines"),
            (LogSeverity.Info, ""),
            (LogSeverity.Info, "nul\0 \u001b[31m \ufffd"),
            (LogSeverity.Info, new string('x', LineCutter.Kept)),
            (LogSeverity.Debug, "Trace: where\n    at main.js:4:9"),
            (LogSeverity.Info, "group"),
            (LogSeverity.Info, "  inside"),
            (LogSeverity.Info, "past the console"),
        ], ignoreOrder: true);
        plain.Where(line => line.Severity is LogSeverity.Warning or LogSeverity.Error).Select(line => (line.Severity, line.Message.Split('\n')[0])).ShouldBe(
        [
            (LogSeverity.Warning, "warn"),
            (LogSeverity.Error, "error"),
            (LogSeverity.Error, "Assertion failed: asserted"),
            (LogSeverity.Warning, "worker"),
            (LogSeverity.Error, "error: Uncaught (in promise) TypeError: uncaught"),
        ]);
        var traced = lines.Where(line => line.Trace is not null).ToList(); // what follows a fetch belongs to its trace
        traced.Select(line => (line.Severity, line.Message)).ShouldBe([(LogSeverity.Info, $"in a request {traced[0].Trace}"), (LogSeverity.Debug, "last words")]);
        traced.ShouldAllBe(line => line.Trace == traced[0].Trace && line.Span!.Length == 16);
    }

    [Theory]
    [InlineData("console.debug('last words'); Deno.exit(3);")]
    [InlineData("console.debug('last words'); throw 1;")]
    [InlineData("console.debug('last words');")]
    public async Task Records_of_a_program_that_ends_at_once_arrive(string program) =>
        (await RunAsync(program)).ShouldContain(line => line.Message == "last words" && line.Severity == LogSeverity.Debug);

    [Fact]
    public async Task What_a_killed_program_printed_last_is_logged_without_its_record()
    {
        var lines = await RunAsync("console.debug('last words'); Deno.kill(Deno.pid, 'SIGKILL');");
        lines.Select(line => line.Message).ShouldBe(["last words"]);
    }

    static async Task<List<LogLine>> RunAsync(string program)
    {
        // 1 a place without network, and the receiver in it
        using var spawner = new Spawner { Home = SlotNetwork.Home(false) };
        Assert.SkipUnless(await spawner.OnThreadAsync(() => Libc.Unshare(NewNetwork)) == 0, "A network namespace needs privileges.");
        var loopback = await StartAsync(spawner, ["/usr/bin/env", "ip", "link", "set", "lo", "up"], []);
        (await loopback.Exited).ShouldBe(0);
        loopback.Output.Dispose();
        loopback.Error.Dispose();
        using var listener = await spawner.OnThreadAsync(Listen);
        var log = new RecordingLog();
        using var consoles = new IsolateConsoles(log, new SlowClock());
        await using var receiver = await TelemetryReceiver.StartAsync(consoles, TelemetryReceiver.Caller, listener);

        // 2 Deno with the variables of a slot
        var directory = Directory.CreateTempSubdirectory("islet-otel-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(directory, "main.js"), program);
            var spec = Printed.SpecOf(1000);
            var environment = SlotEnvironment.OfAssignment(spec, "gcp-us-east4", telemetry: true, certificate: false);
            environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:4318";
            environment["DENO_DIR"] = environment["HOME"] = directory;
            environment["NO_COLOR"] = environment["DENO_NO_UPDATE_CHECK"] = "1";
            environment.Remove("DENO_SERVE_ADDRESS");
            environment.Remove("DENO_AUTO_SERVE");
            var deno = await StartAsync(spawner, [IsolatesFixture.DenoOrSkip(), "run", "-A", "--no-config", Path.Combine(directory, "main.js")], environment);

            // 3 both streams, until they end
            using var pump = consoles.Open(TelemetryReceiver.Caller.Isolate, deno.Output, deno.Error);
            pump.Assign(spec, hasTelemetry: true);
            await pump.Finished.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            return [.. log.Lines.Select(line => line with { Message = line.Message.Replace($"file://{directory}/", "", StringComparison.Ordinal) })];
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    static Task<ChildProcess> StartAsync(Spawner spawner, string[] arguments, Dictionary<string, string> environment)
    {
        environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        return spawner.StartAsync(new SpawnRequest(arguments, environment, null, [], null));
    }

    static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 4318));
        socket.Listen(16);
        return socket;
    }

    /// <summary>Lines wait ten times as long for their records: a busy machine must not decide about levels here.</summary>
    sealed class SlowClock : TimeProvider
    {
        public override long GetTimestamp() => base.GetTimestamp() / 10;
    }
}

using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Islet.Contracts;
using Islet.Gateway;
using Islet.Gateway.Crons;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Islet.Tests.Gateway;

/// <summary>Deno's cron socket with its other side in the hands of a test, over real sockets.</summary>
public sealed class CronConversationTests : IAsyncLifetime
{
    const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    readonly IsolateId isolate = new(7);
    IHost host = null!;

    IsolateCrons Crons => host.Services.GetRequiredService<IsolateCrons>();

    public async ValueTask InitializeAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging(log => log.SetMinimumLevel(LogLevel.None));
        builder.Services.AddIsolateCrons();
        host = builder.Build();
        await host.StartAsync();
        Crons.Expect(isolate);
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }

    [Fact]
    public async Task What_is_registered_before_the_acknowledgement_counts_and_its_handlers_can_be_run()
    {
        using var deno = await ConnectAsync();
        await deno.SendAsync("""{"kind":"register","crons":[{"name":"a","schedule":"* * * * *"}]}""" + "\n{\"kind\":\"register\",\"crons\":[{\"na");
        await deno.SendAsync("""me":"b","schedule":"x","backoff_schedule":[1,2]}]}""" + "\n");
        var collecting = Crons.CollectAsync(isolate, default);
        Crons.Serving(isolate);
        (await deno.ReadAsync())["kind"]!.ToString().ShouldBe("reject-new-crons");
        collecting.IsCompleted.ShouldBeFalse("what was sent before may still be under way");
        await deno.SendAsync("{\"kind\":\"reject-ack\"}\n");

        var collected = (await collecting)!;
        collected.Problem.ShouldBeNull();
        collected.Crons.Select(cron => (cron.Name, cron.Schedule, string.Join(',', cron.Backoff))).ShouldBe([("a", "* * * * *", ""), ("b", "x", "1,2")]);

        var (one, other) = (Crons.RunAsync(isolate, "a", Trace, default), Crons.RunAsync(isolate, "b", Trace, default));
        (await deno.ReadAsync()).ToJsonString().ShouldBe($$"""{"kind":"invoke","name":"a","traceparent":"{{Trace}}"}""");
        await deno.ReadAsync();
        (await Crons.RunAsync(isolate, "a", Trace, default)).Error.ShouldBe("Its handler still runs from before");
        (await Crons.RunAsync(isolate, "c", Trace, default)).Error.ShouldBe("The program did not register it when it started");
        await deno.SendAsync("""{"kind":"result","name":"b","success":false}""" + "\n" + """{"kind":"result","name":"a","success":true}""" + "\n");
        (await one).ShouldBe(CronEnd.Succeeded);
        (await other).Error.ShouldBe("The handler threw, see the log");
    }

    [Fact]
    public async Task A_handler_that_nobody_waits_for_any_more_is_not_told_to_run_twice()
    {
        using var deno = await ServingAsync("a");
        using var limit = new CancellationTokenSource();
        var run = Crons.RunAsync(isolate, "a", Trace, limit.Token);
        await deno.ReadAsync();
        await limit.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(run);
        (await Crons.RunAsync(isolate, "a", Trace, default)).Error.ShouldBe("Its handler still runs from before");

        await deno.SendAsync("""{"kind":"result","name":"a","success":true}""" + "\n");
        await ControlPlane.Eventually.HoldsAsync(async () =>
        {
            var again = Crons.RunAsync(isolate, "a", Trace, default);
            return !again.IsCompleted || (await again).Error is null;
        });
        await deno.ReadAsync();
    }

    [Theory]
    [InlineData("{\"kind\":\"register\",\"crons\":[{\"name\":\"b\",\"schedule\":\"x\"}]}\n", "Deno.cron was called after the server listened")]
    [InlineData("{\"kind\":\"result\",\"name\":\"a\",\"success\":true}\n", "Deno's cron connection sent what it never sends")]
    [InlineData("{\"kind\":\"result\",\"name\":null,\"success\":true}\n", "Deno's cron connection sent what it never sends")]
    [InlineData("{\"kind\":\"reject-ack\"}\n", "Deno's cron connection sent what it never sends")]
    [InlineData("{\"kind\":\"other\"}\n", "Deno's cron connection sent what it never sends")]
    [InlineData("{\"kind\":\"register\",\"crons\":7}\n", "Deno's cron connection sent what it never sends")]
    [InlineData("{\"kind\":\"register\",\"crons\":[{\"name\":\"\\ud800\",\"schedule\":\"\"}]}\n", "Deno's cron connection sent what it never sends")]
    [InlineData("[[[[[[[[[[[[[[]]]]]]]]]]]]]]\n", "Deno's cron connection sent what it never sends")]
    [InlineData("GET / HTTP/1.1\r\n", "Deno's cron connection sent what it never sends")]
    [InlineData("\n", "Deno's cron connection sent what it never sends")]
    [InlineData(null, "Deno's cron connection sent a line that is too long")]
    public async Task What_Deno_would_not_send_ends_the_conversation(string? text, string expected)
    {
        using var deno = await ServingAsync("a");

        await deno.SendAsync(text ?? new string(' ', 70_000));

        await deno.ClosedAsync();
        (await Crons.RunAsync(isolate, "a", Trace, default)).ShouldBe(new CronEnd(expected, Lost: true));
    }

    [Fact]
    public async Task More_crons_than_a_program_may_have_are_a_problem_to_be_told()
    {
        using var deno = await ConnectAsync();
        for (var n = 0; n <= RegisteredCrons.Most; n++)
            await deno.SendAsync($$"""{"kind":"register","crons":[{"name":"{{n}}","schedule":"* * * * *"}]}""" + "\n");
        (await Crons.CollectAsync(isolate, default))!.Problem.ShouldBe("Too many crons: a program may have 100");
    }

    [Fact]
    public async Task Only_one_connection_of_an_isolate_that_may_have_crons_is_served()
    {
        using var deno = await ConnectAsync();
        await deno.SendAsync("""{"kind":"register","crons":[{"name":"a","schedule":"x"}]}""" + "\n");
        using var second = await ConnectAsync();
        await second.ClosedAsync();
        using var stranger = await ConnectAsync(new(8));
        await stranger.ClosedAsync();
        (await Crons.CollectAsync(new(8), default)).ShouldBeNull();

        Crons.Serving(isolate);
        await deno.ReadAsync();
        await deno.SendAsync("{\"kind\":\"reject-ack\"}\n");
        (await Crons.CollectAsync(isolate, default))!.Crons.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task The_end_of_the_isolate_ends_its_runs()
    {
        using var deno = await ServingAsync("a");
        var run = Crons.RunAsync(isolate, "a", Trace, default);
        Crons.Forget(isolate);
        (await run).ShouldBe(new CronEnd("The isolate ended", Lost: true));
        (await Crons.CollectAsync(isolate, default)).ShouldBeNull();
        await deno.ReadAsync();
    }

    async Task<Deno> ServingAsync(string name)
    {
        var deno = await ConnectAsync();
        await deno.SendAsync($$"""{"kind":"register","crons":[{"name":"{{name}}","schedule":"* * * * *"}]}""" + "\n");
        Crons.Serving(isolate);
        await deno.ReadAsync();
        await deno.SendAsync("{\"kind\":\"reject-ack\"}\n");
        (await Crons.CollectAsync(isolate, default))!.Problem.ShouldBeNull();
        return deno;
    }

    Task<Deno> ConnectAsync() => ConnectAsync(isolate);

    async Task<Deno> ConnectAsync(IsolateId from)
    {
        var endPoint = host.Services.GetServices<SlotService>().Single().EndPoint;
        return new(new NetworkStream(await HandedConnection.HandAsync(endPoint, HandedConnection.Caller(from.Value)), ownsSocket: true));
    }

    sealed class Deno(NetworkStream stream) : IDisposable
    {
        readonly StreamReader reader = new(stream);

        public async Task SendAsync(string text)
        {
            try
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(text));
            }
            catch (IOException)
            {
                // closed by the other side, which is what a test then looks for
            }
        }

        public async Task<JsonNode> ReadAsync() => JsonNode.Parse((await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10)))!)!;

        public async Task ClosedAsync()
        {
            try
            {
                (await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10))).ShouldBeNull();
            }
            catch (IOException)
            {
                // reset: what it sent was not all read
            }
        }

        public void Dispose() => reader.Dispose();
    }
}

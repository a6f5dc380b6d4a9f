using System.Net;
using System.Net.Sockets;
using Islet.Contracts;
using Islet.Edge;
using Islet.Gateway.Handover;
using Islet.Gateway.Tls;
using Islet.Tests.Edge;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Islet.Tests.Gateway;

/// <summary>The edge with both handover endpoints, and isolates that ask it for each other.</summary>
public sealed class HandoverLoopTests : IAsyncLifetime
{
    readonly HandoverEndPoint plain = new("edge");
    readonly HandoverEndPoint tls = new("edge-tls");
    readonly DirectoryInfo keys = Directory.CreateTempSubdirectory("keys-");
    InternalCa ca = null!;
    EdgeUnderTest edge = null!;

    public async ValueTask InitializeAsync()
    {
        ca = InternalCa.Open(keys.FullName, TimeProvider.System);
        edge = await EdgeUnderTest.StartAsync(more: (builder, directory) =>
        {
            builder.Services.AddHandover();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenOnHandover(plain, tls, HandedTls.ForAnyName(ca), directory));
        });
    }

    public async ValueTask DisposeAsync()
    {
        await edge.DisposeAsync();
        ca.Dispose();
        keys.Delete(recursive: true);
    }

    [Theory]
    [InlineData("http", "a.example")]
    [InlineData("https", "a.example")]
    [InlineData("http", "b.example")]
    [InlineData("https", "b.example")]
    public async Task A_circle_ends_at_the_sixth_call_and_leaves_nothing_behind(string scheme, string by)
    {
        var served = 0;
        Program("a.example", () => Interlocked.Increment(ref served), $"{scheme}://{by}/");
        if (by is "b.example")
            Program("b.example", () => Interlocked.Increment(ref served), $"{scheme}://a.example/");
        using var visitor = edge.Client("a.example");

        for (var i = 0; i < 2; i++)
        {
            Volatile.Write(ref served, 0);
            var answer = await visitor.GetAsync("/");
            answer.StatusCode.ShouldBe(HttpStatusCode.LoopDetected);
            (await answer.Content.ReadAsStringAsync()).ShouldContain("LOOP_DETECTED");
            served.ShouldBe(6); // the visitor's and five from slots
        }
    }

    [Fact]
    public async Task A_real_Deno_that_asks_itself_by_https_gets_508()
    {
        using var door = new TcpListener(IPAddress.Loopback, 0); // in a slot, whatever is dialled ends at such a listener
        door.Start();
        var certificate = Path.Combine(keys.FullName, "slots.pem");
        await File.WriteAllTextAsync(certificate, ca.CertificatePem);
        using var isolate = await DenoIsolate.StartAsync(edge.Directory, $$"""
            Deno.serve(async (request) => {
              const answer = await fetch("https://localhost:{{((IPEndPoint)door.LocalEndpoint).Port}}/");
              return new Response(`${request.url.split(":")[0]} ${await answer.text()}`, { status: answer.status });
            });
            """, certificate);
        var lease = edge.NewLease("localhost", isolate.Path);
        edge.Route("localhost", () => new(LeaseOutcome.Of(lease)));
        _ = HandAllAsync(door, lease.Id.Value);
        using var visitor = edge.Client("localhost");

        using var answer = await visitor.GetAsync("/");

        answer.StatusCode.ShouldBe(HttpStatusCode.LoopDetected);
        (await answer.Content.ReadAsStringAsync()).ShouldStartWith("http https https https https https 508: Loop Detected (LOOP_DETECTED)");
    }

    [Fact]
    public async Task Nothing_in_a_request_changes_how_far_it_came()
    {
        using var program = HandedConnection.Client(plain, HandedConnection.Caller(99));
        program.DefaultRequestHeaders.Host = "a.example";
        program.DefaultRequestHeaders.Add("via", "http/1.1 edgeproxy");
        program.DefaultRequestHeaders.Add("x-islet-client", "192.0.2.1:1");
        string? seen = null;
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            seen = await link.ReadHeadAsync();
            await link.SendAsync("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        });
        edge.Route("a.example", isolate.Path);

        (await program.GetStringAsync("http://a.example/")).ShouldBe("ok");
        seen.ShouldNotBeNull().ShouldContain("x-islet-client: 198.51.100.7:");
    }

    [Fact]
    public async Task Visitors_are_served_while_a_circle_runs()
    {
        var (inside, open) = (new TaskCompletionSource(), new TaskCompletionSource());
        var requests = 0;
        Program("a.example", () => Interlocked.Increment(ref requests), "http://b.example/");
        using var last = ScriptedIsolate.Start(edge.Directory, async (link, number) =>
        {
            await link.ReadHeadAsync();
            inside.TrySetResult();
            if (number == 1)
                await open.Task;
            await link.SendAsync("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        });
        edge.Route("b.example", last.Path);
        using var first = edge.Client("a.example");
        using var second = edge.Client("b.example");

        var slow = first.GetStringAsync("/");
        await inside.Task.WaitAsync(TimeSpan.FromSeconds(15));
        (await second.GetStringAsync("/")).ShouldBe("ok"); // its isolate serves a call of hop 1
        open.SetResult();
        (await slow).ShouldBe("ok");
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Both_protocols_come_with_and_without_tls(string version)
    {
        using var isolate = ScriptedIsolate.Answering(edge.Directory, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        edge.Route("a.example", isolate.Path);
        foreach (var (endPoint, scheme) in new[] { (plain, "http"), (tls, "https") })
        {
            using var program = HandedConnection.Client(endPoint, HandedConnection.Caller(5), ca.CertificatePem);
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{scheme}://a.example/") { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var answer = await program.SendAsync(request);
            answer.Version.ShouldBe(Version.Parse(version));
            (await answer.Content.ReadAsStringAsync()).ShouldBe("ok");
        }
    }

    async Task HandAllAsync(TcpListener door, long isolate)
    {
        try
        {
            while (true)
                tls.TryHand(await door.AcceptSocketAsync(), HandedConnection.Caller(isolate)).ShouldBeTrue();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the test is over
        }
    }

    /// <summary>A deployment that answers with what it gets from the address: status and body.</summary>
    void Program(string host, Action served, string asks)
    {
        IsolateLease? lease = null;
        var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            while (true)
            {
                await link.ReadHeadAsync();
                served();
                var address = new Uri(asks);
                using var program = HandedConnection.Client(
                    address.Scheme is "https" ? tls : plain, HandedConnection.Caller(lease!.Id.Value, address.Host), ca.CertificatePem);
                using var answer = await program.GetAsync(address);
                var body = await answer.Content.ReadAsStringAsync();
                await link.SendAsync($"HTTP/1.1 {(int)answer.StatusCode} Relayed\r\ncontent-length: {body.Length}\r\n\r\n{body}");
            }
        });
        edge.Route(host, () => new(LeaseOutcome.Of(lease = edge.NewLease(host, isolate.Path))));
    }
}

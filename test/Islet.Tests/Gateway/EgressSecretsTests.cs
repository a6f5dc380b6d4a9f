using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Islet.Contracts;
using Islet.Gateway.Handover;
using Islet.Gateway.Secrets;
using Islet.Gateway.Tls;
using Islet.Tests.ControlPlane;
using Islet.Tests.Edge;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Islet.Tests.Gateway;

/// <summary>
/// A program, played by the test, asks a host through the gateway's second server. The host's ports are not 80 and 443:
/// whoever dials is replaced, and everything else is real.
/// </summary>
public sealed class EgressSecretsTests : IAsyncLifetime
{
    const string Value = "s3cret-value";
    const string Placeholder = "islet-secret-3f9a1c";

    static readonly IsolateId Isolate = new(1);

    readonly DirectoryInfo keys = Directory.CreateTempSubdirectory("secrets-");
    readonly ConcurrentQueue<string> log = new();
    readonly ConcurrentQueue<(SlotCaller Caller, long Sent, long Received)> counted = new();
    readonly TaskCompletionSource<(long Sent, long Received)> closed = new();
    InternalCa slots = null!;
    InternalCa world = null!;
    IHost gateway = null!;
    EgressSecrets secrets = null!;

    public async ValueTask InitializeAsync()
    {
        world = InternalCa.Open(Path.Combine(keys.FullName, "world"), TimeProvider.System);
        var worldPem = Path.Combine(keys.FullName, "world.pem");
        await File.WriteAllTextAsync(worldPem, world.CertificatePem);
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new Lines(log));
        builder.Services.Configure<GatewayTlsOptions>(options => (options.KeysDirectory, options.UpstreamCaFile) = (Path.Combine(keys.FullName, "keys"), worldPem));
        builder.Services.AddEgressSecrets();
        gateway = builder.Build();
        await gateway.StartAsync();
        slots = gateway.Services.GetRequiredService<InternalCa>();
        secrets = gateway.Services.GetRequiredService<EgressSecrets>();
        var meter = gateway.Services.GetRequiredService<EgressMeter>();
        meter.Count = (caller, sent, received) => counted.Enqueue((caller, sent, received));
        meter.Closed = (_, sent, received) => closed.TrySetResult((sent, received));
        Assign(new EgressSecret("API_KEY", Placeholder, Value, ["api.example"], Tls: true));
    }

    public async ValueTask DisposeAsync()
    {
        await gateway.StopAsync();
        await ((IAsyncDisposable)gateway).DisposeAsync();
        world.Dispose();
        keys.Delete(recursive: true);
        log.ShouldAllBe(line => !line.Contains(Value, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("http", "1.1")]
    [InlineData("https", "1.1")]
    [InlineData("https", "2.0")]
    public async Task The_value_is_in_header_values_and_nowhere_else(string scheme, string version)
    {
        string? seen = null;
        await using var host = await SecretHost.StartAsync(world, async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            seen = $"{context.Request.Method} {context.Features.Get<IHttpRequestFeature>()!.RawTarget}\n{context.Request.Host}\n{context.Request.Headers.Authorization}\n"
                + $"{context.Request.Headers.Cookie}\n{context.Request.ContentType}\n{await body.ReadToEndAsync()}";
            context.Response.Headers["x-answer"] = "a";
            await context.Response.WriteAsync("done");
        });
        var program = Program(scheme, host);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Address(scheme, host) + $"{Placeholder}?key={Placeholder}%2e", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true })) { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.TryAddWithoutValidation("authorization", $"Bearer {Placeholder}, {Placeholder}");
        request.Headers.TryAddWithoutValidation("cookie", $"a={Placeholder}; b=c");
        request.Content = new StringContent($"body {Placeholder}", Encoding.UTF8, "text/x-test");

        using var answer = await program.SendAsync(request);

        (await answer.Content.ReadAsStringAsync()).ShouldBe("done");
        answer.Headers.GetValues("x-answer").ShouldHaveSingleItem().ShouldBe("a");
        seen.ShouldNotBeNull().Split('\n').ShouldBe(
        [
            $"POST /{Placeholder}?key={Placeholder}%2e",
            $"api.example:{(scheme is "http" ? host.Plain : host.Tls).Port}",
            $"Bearer {Value}, {Value}",
            $"a={Value}; b=c",
            "text/x-test; charset=utf-8",
            $"body {Placeholder}",
        ]);
        program.Dispose();
        var total = await closed.Task.WaitAsync(TimeSpan.FromSeconds(15));
        total.Sent.ShouldBeInRange(100, counted.Sum(piece => piece.Sent));
        total.Received.ShouldBeInRange(100, counted.Sum(piece => piece.Received));
        counted.ShouldAllBe(piece => piece.Caller.Isolate == Isolate);
    }

    [Fact]
    public void Only_connections_that_a_secret_is_for_are_taken()
    {
        Assign(new EgressSecret("A", "pa", "a", ["api.example"], Tls: true), new EgressSecret("B", "pb", "b", ["plain.example"], Tls: false));

        Door("api.example", 80).ShouldBe(secrets.Plain);
        Door("API.example.", 443).ShouldBe(secrets.Tls);
        Door("api.example", 8080).ShouldBeNull();
        Door("other.example", 80).ShouldBeNull();
        Door("x.api.example", 80).ShouldBeNull();
        Door(null, 80).ShouldBeNull();
        Door("plain.example", 80).ShouldBe(secrets.Plain);
        Door("plain.example", 443).ShouldBeNull();
        Door("api.example", 80, isolate: 2).ShouldBeNull();
        secrets.Close(Isolate);
        Door("api.example", 80).ShouldBeNull();
    }

    [Fact]
    public async Task Secrets_of_another_isolate_of_another_host_and_of_plain_HTTP_stay_placeholders()
    {
        Assign(
            new EgressSecret("A", "pa-1", "va", ["api.example"], Tls: true),
            new EgressSecret("B", "pb-1", "vb", ["other.example"], Tls: true),
            new EgressSecret("C", "pc-1", "vc", ["api.example"], Tls: false));
        secrets.Assign(new IsolateId(2), Spec(new EgressSecret("D", "pd-1", "vd", ["api.example"], Tls: true)));
        await using var host = await SecretHost.StartAsync(world, context => context.Response.WriteAsync(context.Request.Headers["x-all"].ToString()));

        (await AskAsync("https", host, "pa-1 pb-1 pc-1 pd-1")).ShouldBe("va pb-1 pc-1 pd-1");
        (await AskAsync("http", host, "pa-1 pb-1 pc-1 pd-1")).ShouldBe("va pb-1 vc pd-1");
    }

    [Fact]
    public async Task A_request_for_another_host_than_the_connection_is_for_goes_nowhere()
    {
        var asked = 0;
        await using var host = await SecretHost.StartAsync(world, _ =>
        {
            asked++;
            return Task.CompletedTask;
        });
        using var program = new RawPeer(await HandedConnection.HandAsync(secrets.Plain, Caller(host.Plain)));
        await program.SendAsync($"GET / HTTP/1.1\r\nhost: evil.example\r\nx-all: {Placeholder}\r\nconnection: close\r\n\r\n");
        (await program.ReadToEndAsync()).ShouldStartWith("HTTP/1.1 421 ");
        using var again = new RawPeer(await HandedConnection.HandAsync(secrets.Plain, Caller(host.Plain)));
        await again.SendAsync($"TRACE / HTTP/1.1\r\nhost: api.example:{host.Plain.Port}\r\nx-all: {Placeholder}\r\nconnection: close\r\n\r\n");
        (await again.ReadToEndAsync()).ShouldStartWith("HTTP/1.1 405 ");

        using var otherName = HandedConnection.Client(secrets.Tls, Caller(host.Tls), slots.CertificatePem);
        await Should.ThrowAsync<HttpRequestException>(() => otherName.GetAsync($"https://evil.example:{host.Tls.Port}/"));
        asked.ShouldBe(0);
    }

    [Fact]
    public async Task A_value_that_would_end_its_header_is_not_sent()
    {
        Assign(new EgressSecret("BAD", "pbad", "a\r\nx-evil: 1", ["api.example"], Tls: true), new EgressSecret("LONG", "plong", new string('v', 40_000), ["api.example"], Tls: true));
        var asked = 0;
        await using var host = await SecretHost.StartAsync(world, _ =>
        {
            asked++;
            return Task.CompletedTask;
        });
        using var program = Program("http", host);

        var bad = await GetAsync(program, host.Plain, "pbad");
        bad.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await bad.Content.ReadAsStringAsync()).ShouldBe("The value of the secret BAD cannot stand in a header.\n");
        (await GetAsync(program, host.Plain, "plong plong")).StatusCode.ShouldBe(HttpStatusCode.RequestHeaderFieldsTooLarge);
        asked.ShouldBe(0);
    }

    [Fact]
    public void A_value_is_not_searched_for_placeholders_and_the_longer_placeholder_wins()
    {
        var headers = new SecretHeaders([new("A", "p", "pp2", ["h"], false), new("B", "p2", "two", ["h"], false), new("NONE", "", "never", ["h"], false)]);
        var total = 0;

        headers.Fill("xpyp2", ref total, out var filled, out _).ShouldBe(SecretHeaders.Filled.Whole);
        filled.ShouldBe("xpp2ytwo");
    }

    [Fact]
    public async Task A_host_whose_certificate_nobody_vouches_for_gets_nothing()
    {
        using var stranger = InternalCa.Open(Path.Combine(keys.FullName, "stranger"), TimeProvider.System);
        var asked = 0;
        await using var host = await SecretHost.StartAsync(stranger, _ =>
        {
            asked++;
            return Task.CompletedTask;
        });
        using var program = Program("https", host);

        var answer = await GetAsync(program, host.Tls, Placeholder, "https");

        answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("certificate");
        asked.ShouldBe(0);
    }

    [Fact]
    public async Task A_host_that_is_not_there_is_told()
    {
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        var address = (IPEndPoint)nobody.LocalEndpoint;
        nobody.Stop();
        using var program = HandedConnection.Client(secrets.Plain, Caller(address));

        var answer = await GetAsync(program, address, Placeholder);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await answer.Content.ReadAsStringAsync()).ShouldBe("The host could not be reached.\n");
    }

    [Theory]
    [InlineData("http", "1.1")]
    [InlineData("https", "2.0")]
    public async Task Bodies_and_answers_go_on_piece_by_piece(string scheme, string version)
    {
        var (arrived, read) = (new TaskCompletionSource<string>(), new TaskCompletionSource());
        await using var host = await SecretHost.StartAsync(world, async context =>
        {
            var piece = new byte[3];
            await context.Request.Body.ReadExactlyAsync(piece);
            arrived.SetResult(Encoding.ASCII.GetString(piece));
            using var rest = new StreamReader(context.Request.Body);
            await context.Response.WriteAsync(await rest.ReadToEndAsync());
            await read.Task;
            await context.Response.WriteAsync("end");
        });
        using var program = Program(scheme, host);
        var upload = new Pipe();
        using var request = new HttpRequestMessage(HttpMethod.Post, Address(scheme, host)) { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new Pieces(upload.Reader) };

        await upload.Writer.WriteAsync("one"u8.ToArray());
        var sending = program.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        (await arrived.Task.WaitAsync(TimeSpan.FromSeconds(15))).ShouldBe("one");
        await upload.Writer.WriteAsync("two"u8.ToArray());
        await upload.Writer.CompleteAsync();

        using var answer = await sending;
        await using var body = await answer.Content.ReadAsStreamAsync();
        var piece = new byte[3];
        await body.ReadExactlyAsync(piece).AsTask().WaitAsync(TimeSpan.FromSeconds(15));
        Encoding.ASCII.GetString(piece).ShouldBe("two");
        read.SetResult();
        using var rest = new StreamReader(body);
        (await rest.ReadToEndAsync()).ShouldBe("end");
    }

    [Fact]
    public async Task HTTP2_talks_both_ways_at_once_and_has_trailers()
    {
        await using var host = await SecretHost.StartAsync(world, async context =>
        {
            await context.Response.StartAsync();
            await context.Request.Body.CopyToAsync(context.Response.Body);
            context.Response.AppendTrailer("x-status", "0");
        });
        using var program = Program("https", host);
        var upload = new Pipe();
        using var request = new HttpRequestMessage(HttpMethod.Post, Address("https", host)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new Pieces(upload.Reader) };

        await upload.Writer.WriteAsync("one"u8.ToArray());
        using var answer = await program.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(TimeSpan.FromSeconds(15));
        await using var body = await answer.Content.ReadAsStreamAsync();
        var piece = new byte[3];
        await body.ReadExactlyAsync(piece).AsTask().WaitAsync(TimeSpan.FromSeconds(15));
        await upload.Writer.WriteAsync("two"u8.ToArray());
        await body.ReadExactlyAsync(piece).AsTask().WaitAsync(TimeSpan.FromSeconds(15));
        Encoding.ASCII.GetString(piece).ShouldBe("two");
        await upload.Writer.CompleteAsync();
        (await body.ReadAsync(piece)).ShouldBe(0);

        answer.TrailingHeaders.GetValues("x-status").ShouldBe(["0"]);
    }

    [Fact]
    public async Task Answers_are_passed_on_as_they_are()
    {
        await using var host = await SecretHost.StartAsync(world, async context =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = "http://elsewhere.example/";
            context.Response.Headers.SetCookie = new(["a=1", "b=2"]);
            context.Response.Headers.ContentEncoding = "gzip";
            await context.Response.WriteAsync("not really");
        });
        using var program = Program("http", host);

        var answer = await GetAsync(program, host.Plain, "");

        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        answer.Headers.GetValues("set-cookie").ShouldBe(["a=1", "b=2"]);
        answer.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        (await answer.Content.ReadAsStringAsync()).ShouldBe("not really");
    }

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task A_WebSocket_shakes_hands_with_the_value_and_is_relayed(string scheme)
    {
        string? seen = null;
        await using var host = await SecretHost.StartAsync(world, async context =>
        {
            seen = context.Request.Headers.Authorization;
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[64];
            var received = await socket.ReceiveAsync(buffer, default);
            await socket.SendAsync(buffer.AsMemory(0, received.Count), WebSocketMessageType.Text, endOfMessage: true, default);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        });
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", Placeholder);
        using var client = Program(scheme, host);

        await socket.ConnectAsync(new UriBuilder(Address(scheme, host)) { Scheme = scheme is "http" ? "ws" : "wss" }.Uri, client, default).WaitAsync(TimeSpan.FromSeconds(15));
        await socket.SendAsync(Encoding.ASCII.GetBytes("hello"), WebSocketMessageType.Text, endOfMessage: true, default);
        var echo = new byte[64];
        var received = await socket.ReceiveAsync(echo, default).WaitAsync(TimeSpan.FromSeconds(15));

        Encoding.ASCII.GetString(echo, 0, received.Count).ShouldBe("hello");
        seen.ShouldBe(Value);
        (await socket.ReceiveAsync(echo, default).WaitAsync(TimeSpan.FromSeconds(15))).MessageType.ShouldBe(WebSocketMessageType.Close);
    }

    [Fact]
    public async Task A_connection_of_an_isolate_that_ended_is_closed()
    {
        await using var host = await SecretHost.StartAsync(world, _ => Task.CompletedTask);
        secrets.Close(Isolate);
        using var program = new RawPeer(await HandedConnection.HandAsync(secrets.Plain, Caller(host.Plain)));

        (await program.EndsAsync()).ShouldBeTrue();
        counted.ShouldBeEmpty();
    }

    static SlotCaller Caller(IPEndPoint destination) => HandedConnection.Caller(Isolate.Value, "api.example", destination);

    static IsolateSpec Spec(params EgressSecret[] secrets) =>
        new(new DeploymentId("caller"), default, default, new Artifact(ArtifactKind.Graph, "/", "file:///src/main.ts", [], new Dictionary<string, string>(StringComparer.Ordinal)), new Dictionary<string, string>(StringComparer.Ordinal), null) { Secrets = secrets };

    static string Address(string scheme, SecretHost host) => $"{scheme}://api.example:{(scheme is "http" ? host.Plain : host.Tls).Port}/";

    static Task<HttpResponseMessage> GetAsync(HttpClient program, IPEndPoint address, string header, string scheme = "http")
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"{scheme}://api.example:{address.Port}/");
        request.Headers.TryAddWithoutValidation("x-all", header);
        return program.SendAsync(request);
    }

    void Assign(params EgressSecret[] all) => secrets.Assign(Isolate, Spec(all));

    HandoverEndPoint? Door(string? host, int port, long isolate = 1) =>
        secrets.TryFindDoor(HandedConnection.Caller(isolate, host, new IPEndPoint(IPAddress.Parse("198.51.100.7"), port)), out var door) ? door : null;

    HttpClient Program(string scheme, SecretHost host) => scheme is "http"
        ? HandedConnection.Client(secrets.Plain, Caller(host.Plain))
        : HandedConnection.Client(secrets.Tls, Caller(host.Tls), slots.CertificatePem);

    async Task<string> AskAsync(string scheme, SecretHost host, string header)
    {
        using var program = Program(scheme, host);
        using var answer = await GetAsync(program, scheme is "http" ? host.Plain : host.Tls, header, scheme);
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>A body each piece of which is sent when it is there.</summary>
    sealed class Pieces(PipeReader reader) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            while (await reader.ReadAsync() is { Buffer.IsEmpty: false } piece)
            {
                await stream.WriteAsync(piece.Buffer.First);
                await stream.FlushAsync();
                reader.AdvanceTo(piece.Buffer.GetPosition(piece.Buffer.First.Length));
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    /// <summary>Everything that is logged at any level, exceptions included.</summary>
    sealed class Lines(ConcurrentQueue<string> log) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
            // lines are the test's
        }
    }
}

using System.IO.Pipelines;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Islet.Tests.Gateway;

/// <summary>What passes through to a host that has a secret, and back.</summary>
public sealed class SecretRelayTests : SecretsUnderTest
{
    [Theory]
    [InlineData("http", "1.1")]
    [InlineData("https", "2.0")]
    public async Task Bodies_and_answers_go_on_piece_by_piece(string scheme, string version)
    {
        var (arrived, read) = (new TaskCompletionSource<string>(), new TaskCompletionSource());
        await using var host = await SecretHost.StartAsync(World, async context =>
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
        await using var host = await SecretHost.StartAsync(World, async context =>
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
        await using var host = await SecretHost.StartAsync(World, async context =>
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
        await using var host = await SecretHost.StartAsync(World, async context =>
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
}

using System.Net;
using System.Text;

namespace Islet.Tests.Edge;

public sealed class ForwardingTests
{
    const string Hello = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello";

    [Fact]
    public async Task Get_goes_out_in_absolute_form_and_the_answer_comes_back()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        var seen = "";
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            seen = await link.ReadHeadAsync();
            await link.SendAsync(Hello);
        });
        edge.Route("app.test", isolate.Path);
        using var client = edge.Client("App.Test.:8000");

        var answer = await client.GetAsync("/a/b?c=%20d");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync()).ShouldBe("hello");
        answer.Headers.GetValues("server").ShouldBe(["deno/gcp-us-east4"]);
        answer.Headers.GetValues("x-deno-ray").Single().ShouldMatch("^us-east4::[0-9a-f]{32}$");
        answer.Headers.GetValues("server-timing").ShouldBe(["cold;dur=17.0"]);
        seen.ShouldStartWith("GET http://App.Test.:8000/a/b?c=%20d HTTP/1.1\r\nhost: App.Test.:8000\r\n");
        seen.ShouldMatch("x-islet-client: 127.0.0.1:[0-9]+\r\n");
    }

    [Fact]
    public async Task Post_with_a_length_arrives_with_the_same_length()
    {
        await using var edge = await EdgeUnderTest.StartAsync();
        var seen = "";
        using var isolate = ScriptedIsolate.Start(edge.Directory, async (link, _) =>
        {
            seen = await link.ReadUntilAsync("the end");
            await link.SendAsync(Hello);
        });
        edge.Route("app.test", isolate.Path);
        using var client = edge.Client("app.test");

        var answer = await client.PostAsync("/", new StringContent(new string('x', 300_000) + "the end"));

        (await answer.Content.ReadAsStringAsync()).ShouldBe("hello");
        seen.ShouldContain("content-length: 300007\r\n");
        seen.Length.ShouldBe(seen.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4 + 300_007);
    }
}

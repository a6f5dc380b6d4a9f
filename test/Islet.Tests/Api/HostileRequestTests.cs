using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Islet.Tests.Api;

/// <summary>Whatever comes in, the answer is a 4xx in JSON and the server goes on.</summary>
public sealed class HostileRequestTests(ApiHost server) : IClassFixture<ApiHost>
{
    [Theory]
    [InlineData("projects/%00")]
    [InlineData("projects/%2e%2e%2f%2e%2e")]
    [InlineData("projects/a%2fb")]
    [InlineData("projects/%ff%fe")]
    [InlineData("projects/caf%C3%A9")]
    [InlineData("projects/%ED%A0%80")]
    [InlineData("deployments/'%20or%201=1--")]
    [InlineData("deployments/aaaaaaaaaaa%0a")]
    [InlineData("organizations/{organization}/projects?limit=%00")]
    [InlineData("organizations/{organization}/projects?sort=name;drop%20table")]
    public async Task Strange_paths_and_queries_are_refused(string path)
    {
        using var response = await server.Http.GetAsync(path.Replace("{organization}", server.First.OrganizationId, StringComparison.Ordinal));

        ((int)response.StatusCode).ShouldBeInRange(400, 404);
    }

    [Theory]
    [InlineData("%00")]
    [InlineData("%25_%27%22")]
    [InlineData("%ED%A0%80")]
    [InlineData("%F0%9F%98%80")]
    public async Task Strange_searches_find_nothing(string search)
    {
        var project = await server.NewProjectAsync();

        (await ApiHost.OkAsync(server.Http.GetAsync($"organizations/{server.First.OrganizationId}/projects?q={search}"))).AsArray().ShouldBeEmpty();
        (await ApiHost.OkAsync(server.Http.GetAsync($"projects/{project["id"]}/deployments?q={search}"))).AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Compressed_body_is_refused()
    {
        var body = ApiHost.Json(new JsonObject());
        body.Headers.ContentEncoding.Add("gzip");

        (await ApiHost.RefusedAsync(400, server.Http.PostAsync($"organizations/{server.First.OrganizationId}/projects", body)))
            .Message.ShouldContain("Content-Encoding");
    }

    [Fact]
    public async Task Settings_do_not_need_megabytes()
    {
        var body = ApiHost.Raw($$"""{"description":"{{new string('x', 9 << 20)}}"}""");

        await ApiHost.RefusedAsync(400, server.Http.PostAsync($"organizations/{server.First.OrganizationId}/projects", body));
    }

    [Fact]
    public async Task Body_of_nothing_but_brackets_and_commas_is_bounded()
    {
        var project = await server.NewProjectAsync();
        var body = new StringBuilder("{\"x\":[0");
        for (var count = 0; count < 2_100_000; count++)
            body.Append(",0");

        var (_, message) = await ApiHost.RefusedAsync(
            400, server.Http.PostAsync($"projects/{project["id"]}/deployments", ApiHost.Raw(body.Append("]}").ToString())));

        message.ShouldContain("names and values");
    }

    [Fact]
    public async Task Broken_framing_is_refused_and_the_server_goes_on()
    {
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, server.Http.BaseAddress!.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/organizations/{server.First.OrganizationId}/projects HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.First.Token}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n"));

        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync();

        answer.ShouldStartWith("HTTP/1.1 400");
        answer.ShouldContain("Content-Type: application/json\r\n");
        answer.ShouldContain("\"code\":\"badRequest\"");
        await server.NewProjectAsync();
    }
}

namespace Islet.Tests.Logs;

public sealed class LogRefusalsTests(LogServer server) : IClassFixture<LogServer>
{
    [Theory]
    [InlineData("build_logs")]
    [InlineData("app_logs")]
    [InlineData("app_logs?since=nonsense")]
    public async Task A_deployment_that_is_not_the_callers_is_not_found(string path)
    {
        var other = (await server.Api.DeployElsewhereAsync()).App.Split('/')[0];
        foreach (var id in new[] { other, "cccccccccccc" })
        {
            using var answer = await server.Api.GetAsync($"{id}/{path}");
            ((int)answer.StatusCode).ShouldBe(404, id);
            (await answer.Content.ReadAsStringAsync()).ShouldStartWith($"{{\"code\":\"deploymentNotFound\",\"message\":\"The deployment {id} ");
        }
    }

    [Theory]
    [InlineData("x")]
    [InlineData("%01")]
    [InlineData("aaaaaaaaaaaA")]
    public async Task What_cannot_be_an_id_is_refused(string id)
    {
        foreach (var path in new[] { "build_logs", "app_logs" })
            ((int)(await server.Api.GetAsync($"{id}/{path}")).StatusCode).ShouldBe(400);
    }

    [Fact]
    public async Task Without_a_token_there_is_nothing()
    {
        using var stranger = new HttpClient { BaseAddress = server.Api.Client.BaseAddress };
        foreach (var path in new[] { "build_logs", "app_logs", "app_logs?since=2024-01-31T00:00:00Z" })
            ((int)(await stranger.GetAsync($"/v1/deployments/{LogRoom.Mine}/{path}")).StatusCode).ShouldBe(401);
    }

    [Theory]
    [InlineData("since=yesterday", "since")]
    [InlineData("since=2024-01-31", "since")]
    [InlineData("since=2024-02-30T00:00:00Z", "since")]
    [InlineData("since=2024-01-31T00:00:00", "since")]
    [InlineData("until=1700000000", "until")]
    [InlineData("until=2024-01-31T00:00:00Z&until=2024-01-31T00:00:00Z", "until")]
    [InlineData("level=fatal", "level")]
    [InlineData("level=info,Error", "level")]
    [InlineData("region=us-east4", "region")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=10001", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=1.5", "limit")]
    [InlineData("limit=99999999999999999999", "limit")]
    [InlineData("sort=level", "sort")]
    [InlineData("order=up", "order")]
    [InlineData("cursor=x", "cursor")]
    [InlineData("since=2024-01-31T00:00:00Z&cursor=AAAA", "cursor")]
    public async Task A_wrong_parameter_is_named(string query, string parameter)
    {
        using var answer = await server.Api.GetAsync($"{(await server.Api.DeployAsync()).App}?{query}");
        ((int)answer.StatusCode).ShouldBe(400);
        (await answer.Content.ReadAsStringAsync()).ShouldMatch($"^\\{{\"code\":\"badRequest\",\"message\":\"{parameter} (must be|is given)");
    }

    [Fact]
    public async Task A_text_of_more_than_1024_characters_is_refused()
    {
        ((int)(await server.Api.GetAsync($"{(await server.Api.DeployAsync()).App}?since=&until=2024-01-31T00:00:00Z&q={new string('x', 1025)}")).StatusCode).ShouldBe(400);
    }
}

namespace Islet.Tests.Logs;

public sealed class LogRefusalsTests(LogRefusalsTests.Server server) : IClassFixture<LogRefusalsTests.Server>
{
    [Theory]
    [InlineData("build_logs")]
    [InlineData("app_logs")]
    [InlineData("app_logs?since=nonsense")]
    public async Task A_deployment_that_is_not_the_callers_is_not_found(string path)
    {
        foreach (var id in new[] { LogRoom.Other.Value, "x", "%01", "aaaaaaaaaaaA", new string('a', 5000) })
            ((int)(await server.Api.GetAsync($"{id}/{path}")).StatusCode).ShouldBe(404, id);
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
        using var answer = await server.Api.GetAsync($"{LogRoom.Mine}/app_logs?{query}");
        ((int)answer.StatusCode).ShouldBe(400);
        (await answer.Content.ReadAsStringAsync()).ShouldStartWith($"Query parameter {parameter} must be ");
    }

    [Fact]
    public async Task A_text_of_more_than_1024_characters_is_refused()
    {
        ((int)(await server.Api.GetAsync($"{LogRoom.Mine}/app_logs?since=&until=2024-01-31T00:00:00Z&q={new string('x', 1025)}")).StatusCode).ShouldBe(400);
    }

    public sealed class Server : IAsyncLifetime
    {
        internal LogApi Api { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Api = await LogApi.StartAsync();

        public ValueTask DisposeAsync() => Api.DisposeAsync();
    }
}

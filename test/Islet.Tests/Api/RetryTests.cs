using System.Text;
using System.Text.Json.Nodes;
using Islet.Api.Retries;
using Islet.Api.Wire;
using Islet.ControlPlane.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

/// <summary>Clients repeat calls by themselves; what is repeated is done once.</summary>
public sealed class RetryTests(ApiHost server) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task A_key_does_once_and_answers_the_same_again()
    {
        var path = $"organizations/{server.First.OrganizationId}/projects";
        var before = await server.RowsAsync();
        using var first = await AskAsync(server.Http, path, "{}", "key-1");
        var made = await first.Content.ReadAsStringAsync();

        using var again = await AskAsync(server.Http, path, "{}", "key-1");
        using var other = await AskAsync(server.Http, path, "{}", "key-2");

        (await again.Content.ReadAsStringAsync()).ShouldBe(made);
        again.Headers.GetValues("idempotency-replayed").ShouldBe(["true"]);
        again.Content.Headers.ContentType!.ToString().ShouldBe("application/json");
        (await other.Content.ReadAsStringAsync()).ShouldNotBe(made);
        Projects(before, await server.RowsAsync()).ShouldBe(2);
        using var changed = await AskAsync(server.Http, path, """{"description":"another"}""", "key-1");
        ((int)changed.StatusCode).ShouldBe(422);
        changed.Headers.GetValues("x-should-retry").ShouldBe(["false"]);
    }

    [Fact]
    public async Task Of_calls_at_once_one_does_it_and_the_others_are_told_to_ask_again()
    {
        var path = $"organizations/{server.First.OrganizationId}/projects";
        var before = await server.RowsAsync();

        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => AskAsync(server.Http, path, "{}", "at-once")));

        Projects(before, await server.RowsAsync()).ShouldBe(1);
        foreach (var response in responses.Where(response => (int)response.StatusCode != 200))
        {
            ((int)response.StatusCode).ShouldBe(409);
            response.Headers.GetValues("x-should-retry").ShouldBe(["true"]);
            response.Headers.GetValues("retry-after").ShouldBe(["1"]);
        }
        responses.Count(response => (int)response.StatusCode == 200).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task What_was_refused_did_not_use_the_key_up()
    {
        var path = $"organizations/{server.First.OrganizationId}/projects";
        using var refused = await AskAsync(server.Http, path, """{"name":"Bad Name"}""", "refused");
        using var done = await AskAsync(server.Http, path, """{"name":"good-name"}""", "refused");

        ((int)refused.StatusCode).ShouldBe(400);
        ((int)done.StatusCode).ShouldBe(200);
        using var tooLong = await AskAsync(server.Http, path, "{}", new string('k', 256));
        ((int)tooLong.StatusCode).ShouldBe(400);
    }

    [Fact]
    public async Task A_kept_answer_may_show_a_token_and_is_sealed_therefore()
    {
        using var islet = server.Islet();
        using var first = await AskAsync(islet, "tokens", """{"name":"repeated"}""", "token");
        using var again = await AskAsync(islet, "tokens", """{"name":"repeated"}""", "token");
        var secret = (string)JsonNode.Parse(await first.Content.ReadAsStringAsync())!["token"]!;

        (await again.Content.ReadAsStringAsync()).ShouldContain(secret);
        foreach (var file in Directory.EnumerateFiles(server.DataDirectory, "islet.db*"))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            (await reader.ReadToEndAsync()).ShouldNotContain(secret, customMessage: file);
        }
        var (stranger, _) = await server.TenantAsync();
        using var __ = stranger;
        using var theirs = await AskAsync(stranger, "tokens", """{"name":"repeated"}""", "token");
        (await theirs.Content.ReadAsStringAsync()).ShouldNotContain(secret);
    }

    [Fact]
    public async Task A_call_that_was_cut_off_is_not_done_again()
    {
        var path = $"organizations/{server.First.OrganizationId}/projects";
        (await AskAsync(server.Http, path, "{}", "cut-off")).Dispose();
        await using var scope = server.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        var key = System.Security.Cryptography.SHA256.HashData("cut-off"u8);
        var past = DateTimeOffset.UtcNow.AddMinutes(-2);
        await db.KeptAnswers.Where(row => row.KeyHash == key).ExecuteUpdateAsync(row => row
            .SetProperty(kept => kept.Status, (int?)null).SetProperty(kept => kept.Sealed, (byte[]?)null).SetProperty(kept => kept.CreatedAt, past));
        var before = await server.RowsAsync();

        using var again = await AskAsync(server.Http, path, "{}", "cut-off");

        ((int)again.StatusCode).ShouldBe(409);
        again.Headers.GetValues("x-should-retry").ShouldBe(["false"]);
        (await server.RowsAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Without_a_key_an_answer_that_got_lost_is_given_to_the_same_call_once()
    {
        var guard = server.Services.GetRequiredService<RetryGuard>();
        var body = Encoding.UTF8.GetBytes(Guid.NewGuid().ToString());
        using var gone = new CancellationTokenSource();
        var first = Post(gone.Token);
        await guard.EnterAsync(first, body, default);

        // 1 its client leaves while it is under way: the same again shall wait
        await gone.CancelAsync();
        (await Should.ThrowAsync<WireException>(() => guard.EnterAsync(Post(default), body, default))).Refusal.RetryAfter.ShouldNotBeNull();

        // 2 its answer reaches nobody: the same again gets it, once
        var answer = (IResult)(await guard.LeaveAsync(first, ApiJson.Ok("made")))!;
        await answer.ExecuteAsync(first);
        (await Should.ThrowAsync<AnsweredBefore>(() => guard.EnterAsync(Post(default), body, default))).Answer.Body.ShouldBe("\"made\""u8.ToArray());
        await guard.EnterAsync(Post(default), body, default);

        // 3 an answer that arrived is none of that
        var second = Post(default);
        await guard.EnterAsync(second, body, default);
        await ((IResult)(await guard.LeaveAsync(second, ApiJson.Ok("made")))!).ExecuteAsync(second);
        await guard.EnterAsync(Post(default), body, default);

        static DefaultHttpContext Post(CancellationToken aborted)
        {
            var http = new DefaultHttpContext { RequestAborted = aborted };
            (http.Request.Method, http.Request.Path) = ("POST", "/v1/x");
            http.Response.Body = new MemoryStream();
            return http;
        }
    }

    [Fact]
    public async Task Answers_tell_how_many_calls_are_left_and_the_health_check_is_not_counted()
    {
        using var response = await server.Http.GetAsync($"organizations/{server.First.OrganizationId}");
        using var health = await server.Http.GetAsync(new Uri(server.Http.BaseAddress!, "/healthz"));

        response.Headers.GetValues("x-ratelimit-limit").ShouldBe(["100000"]);
        int.Parse(response.Headers.GetValues("x-ratelimit-remaining").Single(), System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(0, 99_999);
        response.Headers.Contains("x-ratelimit-reset").ShouldBeTrue();
        health.Headers.Contains("x-ratelimit-limit").ShouldBeFalse();
    }

    static int Projects(string before, string after) =>
        (int)JsonNode.Parse(after)!["Projects"]! - (int)JsonNode.Parse(before)!["Projects"]!;

    static async Task<HttpResponseMessage> AskAsync(HttpClient client, string path, string body, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = ApiHost.Raw(body) };
        request.Headers.Add("Idempotency-Key", key);
        return await client.SendAsync(request);
    }
}

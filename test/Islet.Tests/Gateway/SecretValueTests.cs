using System.Net;
using System.Text;
using Islet.Contracts;
using Islet.Gateway.Secrets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;

namespace Islet.Tests.Gateway;

/// <summary>Where the value of a secret stands in what a host is sent, and where the placeholder stays.</summary>
public sealed class SecretValueTests : SecretsUnderTest
{
    [Theory]
    [InlineData("http", "1.1")]
    [InlineData("https", "1.1")]
    [InlineData("https", "2.0")]
    public async Task The_value_is_in_header_values_and_nowhere_else(string scheme, string version)
    {
        string? seen = null;
        await using var host = await SecretHost.StartAsync(World, async context =>
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
        var total = await Closed.Task.WaitAsync(TimeSpan.FromSeconds(15));
        total.Sent.ShouldBeInRange(100, Counted.Sum(piece => piece.Sent));
        total.Received.ShouldBeInRange(100, Counted.Sum(piece => piece.Received));
        Counted.ShouldAllBe(piece => piece.Caller.Isolate == Isolate);
    }

    [Fact]
    public async Task Secrets_of_another_isolate_of_another_host_and_of_plain_HTTP_stay_placeholders()
    {
        Assign(
            new EgressSecret("A", "pa-1", "va", ["api.example"], Tls: true),
            new EgressSecret("B", "pb-1", "vb", ["other.example"], Tls: true),
            new EgressSecret("C", "pc-1", "vc", ["api.example"], Tls: false));
        Secrets.Assign(new IsolateId(2), Spec(new EgressSecret("D", "pd-1", "vd", ["api.example"], Tls: true)));
        await using var host = await SecretHost.StartAsync(World, context => context.Response.WriteAsync(context.Request.Headers["x-all"].ToString()));

        (await AskAsync("https", host, "pa-1 pb-1 pc-1 pd-1")).ShouldBe("va pb-1 pc-1 pd-1");
        (await AskAsync("http", host, "pa-1 pb-1 pc-1 pd-1")).ShouldBe("va pb-1 vc pd-1");
    }

    [Fact]
    public async Task A_value_that_would_end_its_header_is_not_sent()
    {
        Assign(new EgressSecret("BAD", "pbad", "a\r\nx-evil: 1", ["api.example"], Tls: true), new EgressSecret("LONG", "plong", new string('v', 40_000), ["api.example"], Tls: true));
        var asked = 0;
        await using var host = await SecretHost.StartAsync(World, _ =>
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
}

using System.Net;
using System.Net.Sockets;
using System.Text;
using Islet.ControlPlane.Builds;

namespace Islet.Tests.Builds;

/// <summary>The door as a hostile builder would use it: by hand, with whatever it likes to send.</summary>
public sealed class ModuleDoorTests : IDisposable
{
    readonly string directory = Directory.CreateTempSubdirectory("islet-door-").FullName;
    readonly List<string> told = [];

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task Credentials_neither_leave_nor_come_back()
    {
        using var origin = new Origin(_ => Origin.Ok("module"));
        await using var door = await OpenAsync(origin, new());
        using var build = door.OpenFor(told.Add);

        var answer = await AskAsync($"http://user:secret@127.0.0.1:{origin.Port}/x.ts#secret", "Authorization: Bearer secret\r\nProxy-Authorization: secret\r\nCookie: secret\r\nX-Token: secret\r\nAccept: */*\r\n");

        answer.ShouldStartWith("HTTP/1.1 200");
        answer.ShouldNotContain("Cookie", Case.Insensitive);
        var head = origin.Heads.ShouldHaveSingleItem();
        head.ShouldContain("Accept: */*");
        head.ShouldNotContain("secret");
        head.ShouldNotContain("user");
    }

    [Theory]
    [InlineData("a line")]
    [InlineData("a circle")]
    public async Task Redirects_in_a_row_have_a_bound_although_the_builder_follows_them(string shape)
    {
        using var origin = new Origin(path => Origin.Moved(shape == "a line" ? "/" + (int.Parse(path[1..]) + 1) : path == "/0" ? "/1" : "/0"));
        await using var door = await OpenAsync(origin, new());
        using var build = door.OpenFor(told.Add);

        var path = "/0";
        for (var hop = 0; hop < 11; hop++)
        {
            var answer = await AskAsync($"http://127.0.0.1:{origin.Port}{path}");
            answer.ShouldStartWith("HTTP/1.1 302", Case.Sensitive, $"hop {hop}");
            path = answer.Split("Location: ")[1].Split('\r')[0];
        }

        (await AskAsync($"http://127.0.0.1:{origin.Port}{path}")).ShouldStartWith("HTTP/1.1 403");
        told.ShouldHaveSingleItem().ShouldEndWith("more than 10 redirects in a row");
        origin.Heads.Count.ShouldBe(11);
    }

    [Fact]
    public async Task A_build_has_a_number_of_fetches_and_the_next_build_as_many()
    {
        using var origin = new Origin(_ => Origin.Ok("module"));
        await using var door = await OpenAsync(origin, new() { MaxFetches = 2 });
        for (var build = 0; build < 2; build++)
            using (door.OpenFor(told.Add))
            {
                (await AskAsync($"http://127.0.0.1:{origin.Port}/a")).ShouldStartWith("HTTP/1.1 200");
                (await AskAsync($"http://127.0.0.1:{origin.Port}/b")).ShouldStartWith("HTTP/1.1 200");
                (await AskAsync($"http://127.0.0.1:{origin.Port}/c")).ShouldStartWith("HTTP/1.1 403");
            }

        (await AskAsync($"http://127.0.0.1:{origin.Port}/a")).ShouldStartWith("HTTP/1.1 403", Case.Sensitive, "no build is under way");
        origin.Heads.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_build_has_a_number_of_bytes()
    {
        using var origin = new Origin(_ => Origin.Ok(new string('x', 60_000)));
        await using var door = await OpenAsync(origin, new() { MaxFetchedBytes = 100_000 });
        using var build = door.OpenFor(told.Add);

        (await AskAsync($"http://127.0.0.1:{origin.Port}/a")).Length.ShouldBeGreaterThan(60_000);
        await AskAsync($"http://127.0.0.1:{origin.Port}/b");
        (await AskAsync($"http://127.0.0.1:{origin.Port}/c")).ShouldStartWith("HTTP/1.1 403");

        told.ShouldAllBe(why => why.EndsWith("a build may fetch 100000 bytes"));
    }

    [Fact]
    public async Task A_module_that_says_it_is_too_large_is_not_begun_and_one_that_does_not_answer_has_an_end()
    {
        using var origin = new Origin(path => path == "/large" ? Origin.Ok(new string('x', 2000)) : null);
        await using var door = await OpenAsync(origin, new() { MaxModuleBytes = 1000, FetchTimeLimit = TimeSpan.FromMilliseconds(300) });
        using var build = door.OpenFor(told.Add);

        (await AskAsync($"http://127.0.0.1:{origin.Port}/large")).ShouldStartWith("HTTP/1.1 502");
        (await AskAsync($"http://127.0.0.1:{origin.Port}/silent")).ShouldStartWith("HTTP/1.1 502");

        told.Select(why => why.Split(": ")[1]).ShouldBe(["larger than 1000 bytes", "no answer in time"]);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f.1")]
    [InlineData("0177.0.0.1")]
    [InlineData("0")]
    [InlineData("[::]")]
    [InlineData("[::1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("[::ffff:7f00:1]")]
    [InlineData("[64:ff9b::7f00:1]")]
    [InlineData("[2002:7f00:1::]")]
    [InlineData("[fd00::1]")]
    [InlineData("[fe80::1]")]
    [InlineData("10.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("100.64.0.1")]
    [InlineData("localhost")]
    [InlineData("LOCALHOST")]
    public async Task Private_addresses_are_not_dialled_in_any_spelling(string host)
    {
        await using var door = await OpenAsync(null, Anywhere());
        using var build = door.OpenFor(told.Add);

        (await AskAsync($"https://{host}/x.ts")).ShouldMatch("^HTTP/1.1 (400|502) ");

        // two spellings of "any address" are no addresses to the server and to the resolver
        told.ShouldAllBe(why => why.Contains("has no public address", StringComparison.Ordinal) || why.Contains("unspecified addresses", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Names_are_judged_by_the_addresses_of_each_dial_and_exempt_by_name_and_port_only()
    {
        using var origin = new Origin(_ => Origin.Ok("module"));
        var options = Anywhere();
        options.NpmRegistry = $"http://registry.example:{origin.Port}/";
        var rules = new ModuleHostRules(options);
        using var fetch = new ModuleFetch(rules, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));

        using (var answer = await fetch.SendAsync(new($"http://registry.example:{origin.Port}/left"), _ => [], default))
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Should.ThrowAsync<HttpRequestException>(fetch.SendAsync(new("https://rebound.example/x.ts"), _ => [], default))).Message.ShouldContain("no public address");
        (await Should.ThrowAsync<HttpRequestException>(fetch.SendAsync(new("https://registry.example/x.ts"), _ => [], default))).Message.ShouldContain("no public address");
        rules.Refuse(new($"http://registry.example:{origin.Port + 1}/")).ShouldNotBeNull();
        origin.Heads.Count.ShouldBe(1);
    }

    static BuildsOptions Anywhere()
    {
        var options = new BuildsOptions();
        options.ModuleHosts.Add("*");
        return options;
    }

    async Task<ModuleDoor> OpenAsync(Origin? origin, BuildsOptions options)
    {
        if (origin is not null)
            options.ModuleHosts.Add($"127.0.0.1:{origin.Port}");
        var rules = new ModuleHostRules(options);
        return await ModuleDoor.OpenAsync(Path.Combine(directory, "door.sock"), new(rules), rules, options, default);
    }

    async Task<string> AskAsync(string url, string fields = "")
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(directory, "door.sock")));
        var authority = new Uri(url).Authority.Split('@')[^1]; // Kestrel compares them as it reads a URL
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {url} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n{fields}\r\n"));
        using var answer = new MemoryStream();
        var buffer = new byte[8192];
        try
        {
            while (await socket.ReceiveAsync(buffer, new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token) is var count and > 0)
                answer.Write(buffer, 0, count);
        }
        catch (SocketException)
        {
            // cut in the middle of a body
        }
        return Encoding.ASCII.GetString(answer.ToArray());
    }
}

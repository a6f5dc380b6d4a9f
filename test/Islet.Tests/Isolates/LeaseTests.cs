using Islet.Contracts;

namespace Islet.Tests.Isolates;

public sealed class LeaseTests
{
    [Fact]
    public async Task A_leased_program_answers_in_the_visitors_terms()
    {
        await using var node = await IsolatesFixture.StartAsync();
        var lease = await node.LeaseAsync(node.Program("Deno.serve((request, info) => Response.json([request.url, info.remoteAddr]));"));

        var answer = await IsolatesFixture.GetAsync(lease, "/x?y=1", "[2001:db8::1]:99");

        answer.ShouldStartWith("HTTP/1.1 200 OK");
        answer.ShouldEndWith("""["https://app.example/x?y=1",{"transport":"tcp","hostname":"2001:db8::1","port":99}]""");
        lease.ColdStart.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("export default { fetch(request, info) { return new Response('hi ' + info.remoteAddr.hostname); } };", "hi 203.0.113.7")]
    [InlineData("import http from 'node:http'; http.createServer((q, r) => r.end('node ' + q.url)).listen(3000);", "node /")]
    [InlineData("Deno.serve({ port: 99, onListen: (a) => globalThis.seen = a }, () => Response.json(globalThis.seen));", """{"transport":"tcp","hostname":"0.0.0.0","port":99}""")]
    [InlineData("Deno.serve({ handler: (_, info) => new Response('' + info.remoteAddr.port) });", "4711")]
    [InlineData("const s = Deno.serve(() => new Response(typeof s.shutdown + typeof s.finished.then + typeof s.unref + typeof s.addr));", "functionfunctionfunctionobject")]
    [InlineData("try { Deno.serve({}); } catch (e) { Deno.serve(() => new Response(e.name + Deno.serve.name)); }", "TypeErrorserve")]
    [InlineData("Deno.serve({ onError: (e) => new Response('caught ' + e.message) }, () => { throw new Error('x'); });", "caught x")]
    [InlineData("Deno.serve(async () => { const w = await Deno.writeTextFile('/tmp/a', 'tmp').catch((e) => e.name); return new Response(w + Deno.cwd() + import.meta.url + import.meta.main); });", "NotCapable/srcfile:///src/main.tstrue")]
    [InlineData("import data from './data.json' with { type: 'json' }; Deno.serve(() => new Response(data.word));", "sibling")]
    [InlineData("Deno.serve((r) => new Response(r.headers.get('host')));", "app.example")]
    public async Task Every_way_to_serve_is_served(string program, string body)
    {
        await using var node = await IsolatesFixture.StartAsync();
        var lease = await node.LeaseAsync(node.Program(program, files: ("src/data.json", """{"word":"sibling"}""")));

        (await IsolatesFixture.GetAsync(lease)).ShouldEndWith("\r\n\r\n" + body);
    }

    [Fact]
    public async Task The_environment_is_the_tenants_and_the_platforms_wins()
    {
        await using var node = await IsolatesFixture.StartAsync();
        var environment = new Dictionary<string, string>
        {
            ["SECRET"] = "s3 \"cret\"\n", ["DENO_DIR"] = "/tmp", ["DENO_AUTH_TOKENS"] = "x", ["LD_PRELOAD"] = "/tmp/x.so", ["deno_x"] = "1", ["A=B"] = "1",
        };
        var spec = node.Program("Deno.serve(() => Response.json(Object.entries(Deno.env.toObject()).sort()));", environment);
        var lease = await node.LeaseAsync(spec);

        var body = (await IsolatesFixture.GetAsync(lease)).Split("\r\n\r\n")[1];

        var names = System.Text.Json.JsonSerializer.Deserialize<string[][]>(body)!.Select(pair => pair[0] + "=" + pair[1]).Order(StringComparer.Ordinal);
        names.ShouldBe(
        [
            "DENO_AUTO_SERVE=1", $"DENO_DEPLOYMENT_ID={spec.Deployment}", "DENO_DIR=/deno", "DENO_KV_REQUIRES_DISTRIBUTED_DATABASE=error", "DENO_NODE_SHIM_ACTIVE=1", "DENO_NO_UPDATE_CHECK=1", "DENO_REGION=us-east4",
            "DENO_SERVE_ADDRESS=unix:/run/islet/a.sock", "DENO_V8_FLAGS=--max-old-space-size=332", "HOME=/tmp", "NO_COLOR=1", "PATH=/deno/node_compat_bin", "PWD=/src", "SECRET=s3 \"cret\"\n",
        ]);
    }

    [Fact]
    public async Task A_throw_at_the_top_level_is_an_uncaught_exception_with_its_last_lines()
    {
        await using var node = await IsolatesFixture.StartAsync();

        var failure = await node.FailureAsync(node.Program("throw new Error('no luck');"));

        failure.Reason.ShouldBe(StartFailureReason.UncaughtException);
        failure.LastLines.ShouldContain(line => line.Contains("no luck", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("console.log('done');", StartFailureReason.NoServer)]
    [InlineData("while (true);", StartFailureReason.TimeLimit)]
    [InlineData("setInterval(() => {}, 1000);", StartFailureReason.TimeLimit)]
    [InlineData("await new Promise(() => {});", StartFailureReason.UncaughtException)]
    [InlineData("const a = []; while (true) a.push(new Uint8Array(1 << 20).fill(1));", StartFailureReason.MemoryLimit)]
    [InlineData("const a = []; while (true) a.push({ a });", StartFailureReason.MemoryLimit)]
    [InlineData("import './nowhere.ts';", StartFailureReason.UncaughtException)]
    public async Task What_does_not_come_up_has_its_reason(string program, StartFailureReason reason)
    {
        await using var node = await IsolatesFixture.StartAsync(options =>
        {
            // a heap is not filled at once, on a busy machine less so
            options.BootTimeLimit = TimeSpan.FromSeconds(reason == StartFailureReason.TimeLimit ? 3 : 30);
            options.MemoryLimit = 128 << 20;
        });

        (await node.FailureAsync(node.Program(program))).Reason.ShouldBe(reason);
    }

    [Fact]
    public async Task A_memory_eater_ends_and_is_told()
    {
        await using var node = await IsolatesFixture.StartAsync(options => options.MemoryLimit = 128 << 20);
        var spec = node.Program("Deno.serve(() => { const a = []; while (true) a.push(new Uint8Array(1 << 20).fill(1)); });");
        var lease = await node.LeaseAsync(spec);

        await IsolatesFixture.GetAsync(lease);
        var end = await lease.Ended.WaitAsync(TimeSpan.FromSeconds(20));

        end.Reason.ShouldBe(ShutdownReason.MemoryLimit);
        node.Log.Of(spec.Deployment).Select(line => line.Message).ShouldContain("Memory limit exceeded, terminated");
    }

    [Theory]
    [InlineData("Deno.exit(0)", ShutdownReason.Exited, 0)]
    [InlineData("Deno.exit(7)", ShutdownReason.Crashed, 7)]
    [InlineData("setTimeout(() => { throw new Error('late'); }, 0); return new Response('x')", ShutdownReason.Crashed, 1)]
    public async Task An_end_by_itself_is_seen(string action, ShutdownReason reason, int code)
    {
        await using var node = await IsolatesFixture.StartAsync();
        var lease = await node.LeaseAsync(node.Program($"Deno.serve(() => {{ {action}; }});"));

        await IsolatesFixture.GetAsync(lease);
        var end = await lease.Ended.WaitAsync(TimeSpan.FromSeconds(20));

        (end.Reason, end.ExitCode).ShouldBe((reason, code));
    }

    [Fact]
    public async Task Only_listed_hosts_may_be_asked_for_and_serving_still_works()
    {
        await using var node = await IsolatesFixture.StartAsync();
        var lease = await node.LeaseAsync(node.Program(
            "Deno.serve(async () => { try { await fetch('http://127.0.0.1:8081'); return new Response('?'); } catch (e) { return new Response(e.name); } });", net: ["example.com"]));

        (await IsolatesFixture.GetAsync(lease)).ShouldEndWith("NotCapable");
    }

    [Fact]
    public async Task Module_caches_appear_read_only_and_plain_files_are_copied()
    {
        await using var node = await IsolatesFixture.StartAsync();
        var spec = node.Program(
            """
            Deno.serve(() => {
              const read = (path) => { try { return Deno.readTextFileSync(path); } catch (e) { return e.name; } };
              const write = (path) => { try { Deno.writeTextFileSync(path, "x"); return "written"; } catch (e) { return e.code ?? e.name; } };
              return Response.json([read("/deno/npm/a/b.js"), read("/deno/remote/c"), read("/deno/note.json"), read("/src/sub/link.txt"), write("/deno/npm/a/b.js"), write("/src/main.ts"), write("/deno/note.json")]);
            });
            """,
            files: [("deno/npm/a/b.js", "b"), ("deno/remote/c", "c"), ("deno/note.json", "note"), ("src/sub/text.txt", "text")]);
        File.CreateSymbolicLink(Path.Combine(spec.Artifact.Directory, "src/sub/link.txt"), "text.txt");
        spec = spec with { Artifact = spec.Artifact with { RunFlags = [.. spec.Artifact.RunFlags, "--allow-read=/", "--allow-write=/"], }, };

        var first = await IsolatesFixture.GetAsync(await node.LeaseAsync(spec));

        first.ShouldEndWith("""["b","c","note","text","EROFS","EROFS","written"]""");
        (await File.ReadAllTextAsync(Path.Combine(spec.Artifact.Directory, "deno/note.json"))).ShouldBe("note");
    }
}

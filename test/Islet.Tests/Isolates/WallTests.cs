using System.Diagnostics;
using System.Text.Json;
using Islet.Contracts;
using Islet.Isolates.Jailing;
using Islet.Isolates.Sandbox;
using Islet.Isolates.Starting;

namespace Islet.Tests.Isolates;

/// <summary>What a program finds that got past Deno's permissions: it runs with all of them in the builder's jail, which has a slot's walls.</summary>
public sealed class WallTests
{
    const string Facts = """
        const status = Object.fromEntries(Deno.readTextFileSync("/proc/self/status").split("\n").map((l) => l.split(":\t")));
        const tries = (name, f) => { try { f(); return [name, "done"]; } catch (e) { return [name, e.code ?? e.name]; } };
        const writable = ["/", "/src", "/usr/bin", "/etc", "/dev", "/dev/shm", "/run", "/proc", "/lib", "/tmp", "/deno"].filter((d) => {
          try { Deno.writeTextFileSync(d + "/islet-probe", "x"); return true; } catch { return false; }
        });
        const lib = Deno.dlopen("libc.so.6", {
          fork: { parameters: [], result: "i32" }, unshare: { parameters: ["i32"], result: "i32" }, setuid: { parameters: ["u32"], result: "i32" },
          socket: { parameters: ["i32", "i32", "i32"], result: "i32" }, ptrace: { parameters: ["i64", "i64", "i64", "i64"], result: "i64" },
          chroot: { parameters: ["buffer"], result: "i32" }, mount: { parameters: ["buffer", "buffer", "buffer", "u64", "buffer"], result: "i32" },
          syscall: { parameters: ["i64", "i64", "i64", "i64"], result: "i64" }, ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
        }).symbols;
        const c = (s) => new TextEncoder().encode(s + "\0");
        const sockets = [[1, 1], [2, 2], [10, 1], [2, 3], [16, 3], [17, 3], [40, 1]].map(([f, t]) => lib.socket(f, t, 0) >= 0);
        console.log(JSON.stringify({
          caps: [status.CapInh, status.CapPrm, status.CapEff, status.CapBnd, status.CapAmb].map((s) => BigInt("0x" + s).toString()),
          noNewPrivs: status.NoNewPrivs, seccomp: status.Seccomp, uid: status.Uid.split("\t")[0],
          processes: [...Deno.readDirSync("/proc")].filter((e) => /^\d+$/.test(e.name)).map((e) => Deno.readTextFileSync(`/proc/${e.name}/comm`).trim()).sort(),
          first: Deno.readTextFileSync("/proc/1/cmdline").split("\0").slice(0, 3),
          root: [...Deno.readDirSync("/")].map((e) => e.name).sort(),
          network: Deno.readTextFileSync("/proc/net/dev").split("\n").slice(2).map((l) => l.split(":")[0].trim()).filter((l) => l),
          descriptors: [...Deno.readDirSync("/proc/self/fd")].map((e) => { try { return Deno.readLinkSync("/proc/self/fd/" + e.name); } catch { return "?"; } }).filter((l) => l.startsWith("/") && !l.startsWith("/dev/null") && !l.startsWith("/proc") && !l.startsWith("/deno") && !l.startsWith("/tmp")),
          hostname: Deno.hostname(), writable, sockets,
          command: tries("command", () => new Deno.Command("/usr/bin/deno", { args: ["--version"] }).outputSync())[1],
          refused: [lib.fork(), lib.unshare(0x10000000), lib.setuid(0), Number(lib.ptrace(0n, 0n, 0n, 0n)), lib.chroot(c("/tmp")), lib.mount(c("x"), c("/tmp"), c("tmpfs"), 0n, null),
            Number(lib.syscall(425n, 8n, 0n, 0n)), Number(lib.syscall(323n, 0n, 0n, 0n)), Number(lib.syscall(321n, 0n, 0n, 0n)), lib.ioctl(0, 0x5412n, c("x")), lib.ioctl(0, 0x100005412n, c("x"))],
        }));
        """;

    [Fact]
    public async Task A_program_with_all_of_Denos_permissions_still_finds_nothing()
    {
        await using var node = await IsolatesFixture.StartAsync();

        var (facts, result) = await RunAsync(node, Facts);

        facts.ShouldNotBeNull(result);
        Texts(facts.Value, "caps").ShouldAllBe(set => set == "0");
        (facts.Value.GetProperty("noNewPrivs").GetString(), facts.Value.GetProperty("seccomp").GetString(), facts.Value.GetProperty("uid").GetString()).ShouldBe(("1", "2", "65534"));
        Texts(facts.Value, "processes").ShouldBe(["bwrap", "deno"]);
        Texts(facts.Value, "first").ShouldBe(["/usr/bin/bwrap", "--args", "4"]);
        Texts(facts.Value, "network").ShouldBe(["lo"]);
        Texts(facts.Value, "root").ShouldBe(["deno", "dev", "etc", "lib", "lib64", "proc", "src", "tmp", "usr"]);
        Texts(facts.Value, "writable").ShouldBe(["/tmp", "/deno"]);
        Texts(facts.Value, "descriptors").ShouldBeEmpty();
        facts.Value.GetProperty("sockets").EnumerateArray().Select(item => item.GetBoolean()).ShouldBe([true, true, true, false, false, false, false]);
        facts.Value.GetProperty("hostname").GetString().ShouldBe("islet");
        facts.Value.GetProperty("command").GetString().ShouldBe("EPERM");
        facts.Value.GetProperty("refused").EnumerateArray().Select(item => item.GetInt32()).ShouldAllBe(answer => answer == -1);
    }

    [Fact]
    public async Task A_broad_workload_runs_under_the_filter()
    {
        await using var node = await IsolatesFixture.StartAsync();

        var (facts, result) = await RunAsync(node, """
            import os from "node:os"; import net from "node:net"; import dgram from "node:dgram"; import zlib from "node:zlib"; import { DatabaseSync } from "node:sqlite";
            import { Worker as Thread } from "node:worker_threads"; import dns from "node:dns/promises"; import fs from "node:fs"; import crypto from "node:crypto";
            const done = [];
            const step = async (name, f) => { try { await f(); done.push(name); } catch (e) { done.push(name + ": " + e.message); } };
            await step("os", () => [os.cpus(), os.hostname(), os.totalmem(), os.loadavg(), os.uptime(), os.release()]);
            await step("zlib", () => zlib.gunzipSync(zlib.gzipSync("x")));
            await step("sqlite", () => { const d = new DatabaseSync("/tmp/a.db"); d.exec("create table t(a); insert into t values(1)"); d.close(); });
            await step("kv", async () => { const kv = await Deno.openKv(":memory:"); await kv.set(["a"], 1); kv.close(); });
            await step("caches", async () => { const c = await caches.open("a"); await c.put("https://a/b", new Response("x")); });
            await step("storage", () => localStorage.setItem("a", "b"));
            await step("subtle", () => globalThis.crypto.subtle.generateKey({ name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" }, true, ["sign", "verify"]));
            await step("scrypt", () => new Promise((r, j) => crypto.scrypt("a", "b", 32, (e) => e ? j(e) : r())));
            await step("wasm", () => WebAssembly.instantiate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])));
            await step("worker", () => new Promise((r, j) => { const w = new Worker(URL.createObjectURL(new Blob(["postMessage(1)"])), { type: "module" }); w.onmessage = () => { w.terminate(); r(); }; w.onerror = j; }));
            await step("thread", () => new Promise((r, j) => { const w = new Thread("require('worker_threads').parentPort.postMessage(1)", { eval: true }); w.on("message", () => { w.terminate(); r(); }); w.on("error", j); }));
            await step("tcp", () => new Promise((r, j) => { const s = net.createServer((c) => c.end("x")).listen(0, "127.0.0.1", () => net.connect(s.address().port, "127.0.0.1").on("data", () => { s.close(); r(); }).on("error", j)); }));
            await step("localhost", () => dns.lookup("localhost"));
            await step("udp", () => new Promise((r, j) => { const s = dgram.createSocket("udp4"); s.on("message", () => { s.close(); r(); }); s.on("error", j); s.bind(0, "127.0.0.1", () => s.send("x", s.address().port, "127.0.0.1")); }));
            await step("unix", async () => { const l = Deno.listen({ transport: "unix", path: "/tmp/u" }); const c = await Deno.connect({ transport: "unix", path: "/tmp/u" }); c.close(); l.close(); });
            await step("files", () => { fs.mkdirSync("/tmp/d"); fs.writeFileSync("/tmp/d/a", "x"); fs.copyFileSync("/tmp/d/a", "/tmp/d/b"); fs.renameSync("/tmp/d/b", "/tmp/d/c"); fs.symlinkSync("a", "/tmp/d/l"); fs.chmodSync("/tmp/d/a", 0o600); fs.utimesSync("/tmp/d/a", 1, 1); fs.rmSync("/tmp/d", { recursive: true }); });
            await step("watch", () => { const w = Deno.watchFs("/tmp"); w.close(); });
            await step("signal", () => { const f = () => {}; Deno.addSignalListener("SIGUSR1", f); Deno.removeSignalListener("SIGUSR1", f); });
            await step("memory", () => [Deno.memoryUsage(), Deno.systemMemoryInfo(), process.resourceUsage?.()]);
            console.log(JSON.stringify(done));
            Deno.exit(0);
            """);

        facts.ShouldNotBeNull(result);
        facts.Value.EnumerateArray().Select(item => item.GetString()).ShouldBe(
            ["os", "zlib", "sqlite", "kv", "caches", "storage", "subtle", "scrypt", "wasm", "worker", "thread", "tcp", "localhost", "udp", "unix", "files", "watch", "signal", "memory"]);
    }

    [Fact]
    public async Task A_slot_has_its_own_user_no_capabilities_and_the_filter()
    {
        await using var node = await IsolatesFixture.StartAsync(options => options.WarmSlots = 0);
        var first = await StatusOfAsync(node);
        var second = await StatusOfAsync(node);

        first["Uid"].ShouldNotBe(second["Uid"]);
        int.Parse(first["Uid"].Split('\t')[0]).ShouldBeGreaterThan(62_000);
        (first["CapEff"], first["CapBnd"], first["NoNewPrivs"], first["Seccomp"]).ShouldBe(("0000000000000000", "0000000000000000", "1", "2"));
    }

    [Fact]
    public async Task A_socket_replaced_by_a_link_is_not_followed()
    {
        await using var node = await IsolatesFixture.StartAsync(options => options.WarmSlots = 0);
        var files = new SlotFiles(Path.Combine(node.Data, "x"), null);
        files.Create();
        files.CreateSockets(files.Area);
        File.CreateSymbolicLink(files.ServeSocketInside, "/run/other.sock");

        files.Publish(null).ShouldBeFalse();
    }

    [Fact]
    public async Task What_an_earlier_server_left_is_swept()
    {
        var place = Directory.CreateTempSubdirectory("islet-t").FullName;
        await using (await IsolatesFixture.StartAsync(at: place)) { }
        var run = Path.Combine(place, "data", "run");
        Directory.CreateDirectory(Path.Combine(run, "slots", "77", "sock"));
        using var orphan = Process.Start("sleep", "1000");
        var group = (ICgroupTree?)CgroupV2Tree.TryOpen(ChooseSandbox.GroupOf(run)) ?? CgroupV1Tree.TryOpen(ChooseSandbox.GroupOf(run)).ShouldNotBeNull();
        foreach (var file in group.Create("77", new ResourceLimits(64 << 20, 10, 1)).ProcsFiles)
            await File.WriteAllTextAsync(file, orphan.Id.ToString());

        await using (await IsolatesFixture.StartAsync(at: place))
        {
            orphan.WaitForExit(5000).ShouldBeTrue();
            Directory.Exists(Path.Combine(run, "slots", "77")).ShouldBeFalse();
        }
        Directory.Delete(place, recursive: true);
    }

    static async Task<Dictionary<string, string>> StatusOfAsync(IsolatesFixture node)
    {
        var lease = await node.LeaseAsync(node.Program("Deno.serve(() => new Response('x'));"));
        var mark = $"{Path.GetFileName(Path.GetDirectoryName(node.Data))}/data/run/slots/{lease.Id}/";
        var deno = Process.GetProcessesByName("deno").First(process => File.ReadAllText($"/proc/{process.Id}/mountinfo").Contains(mark, StringComparison.Ordinal));
        return (await File.ReadAllLinesAsync($"/proc/{deno.Id}/status")).Select(line => line.Split(":\t")).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1]);
    }

    static async Task<(JsonElement? Facts, string Report)> RunAsync(IsolatesFixture node, string program)
    {
        var job = BuilderTests.Job(node, program, ["run", "-A", "--unstable-kv", "--no-config", "--no-lock", "--cached-only", "/src/main.ts"]);
        var lines = new List<string>();
        var result = await node.Builder.RunAsync(job, lines.Add, TestContext.Current.CancellationToken);
        var report = $"{result.End} {result.ExitCode}: {string.Join(" | ", lines)}";
        return result.ExitCode == 0 ? (JsonDocument.Parse(result.Stdout).RootElement, report) : (null, report);
    }

    static List<string> Texts(JsonElement facts, string name) => [.. facts.GetProperty(name).EnumerateArray().Select(item => item.GetString()!)];
}

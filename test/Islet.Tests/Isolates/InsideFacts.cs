using System.Text.Json;
using Islet.Contracts;

namespace Islet.Tests.Isolates;

/// <summary>
/// What a program sees that got past Deno: it calls libc by itself, so no permission of Deno stands between it and the
/// kernel. It runs in a slot like any other; only its artifact's flags allow foreign functions.
/// </summary>
internal static class InsideFacts
{
    public static async Task<JsonElement> AskAsync(IsolatesFixture node)
    {
        var spec = node.Program(Program, new Dictionary<string, string> { ["MINE"] = "my own value" });
        var lease = await node.LeaseAsync(spec with { Artifact = spec.Artifact with { RunFlags = [.. spec.Artifact.RunFlags, "--allow-ffi"] } });
        var answer = await IsolatesFixture.GetAsync(lease);
        return JsonDocument.Parse(answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]).RootElement;
    }

    const string Program = """
        const lib = Deno.dlopen("libc.so.6", {
          open: { parameters: ["buffer", "i32", "i32"], result: "i32" }, close: { parameters: ["i32"], result: "i32" },
          read: { parameters: ["i32", "buffer", "usize"], result: "isize" }, readlink: { parameters: ["buffer", "buffer", "usize"], result: "isize" },
          opendir: { parameters: ["buffer"], result: "pointer" }, readdir: { parameters: ["pointer"], result: "pointer" }, closedir: { parameters: ["pointer"], result: "i32" },
          getcwd: { parameters: ["buffer", "usize"], result: "pointer" }, gethostname: { parameters: ["buffer", "usize"], result: "i32" },
          access: { parameters: ["buffer", "i32"], result: "i32" },
        }).symbols;
        const c = (text) => new TextEncoder().encode(text + "\0");
        const text = (bytes) => new TextDecoder().decode(bytes);
        const upToNul = (bytes) => text(bytes.subarray(0, bytes.indexOf(0)));
        const read = (path) => {
          const file = lib.open(c(path), 0, 0);
          if (file < 0) return null;
          const pieces = [], buffer = new Uint8Array(65536);
          for (let count; (count = Number(lib.read(file, buffer, 65536n))) > 0;) pieces.push(...buffer.slice(0, count));
          lib.close(file);
          return text(new Uint8Array(pieces));
        };
        const link = (path) => { const b = new Uint8Array(4096); const n = Number(lib.readlink(c(path), b, 4096n)); return n < 0 ? null : text(b.subarray(0, n)); };
        const list = (path) => {
          const directory = lib.opendir(c(path)), names = [];
          if (directory === null) return null;
          for (let entry; (entry = lib.readdir(directory)) !== null;) names.push(new Deno.UnsafePointerView(entry).getCString(19)); // struct dirent
          lib.closedir(directory);
          return names.filter((name) => name !== "." && name !== "..").sort();
        };
        const writable = (directory) => {
          const file = lib.open(c(directory + "/islet-probe"), 0o101, 0o600); // O_CREAT | O_WRONLY
          if (file >= 0) lib.close(file);
          return file >= 0;
        };
        const lines = (path) => (read(path) ?? "").split("\n").filter((line) => line !== "");
        const columns = (path) => lines(path).map((line) => line.trim().split(/\s+/));
        const table = (path) => columns(path).slice(1);
        const facts = () => {
          const mounts = columns("/proc/self/mountinfo").map((f) => {
            const dash = f.indexOf("-"), own = f[5].split(",");
            return { at: f[4], from: f[3], type: f[dash + 1], source: f[dash + 2], mode: own[0], flags: own.filter((o) => ["nosuid", "nodev", "noexec"].includes(o)).join(" ") };
          });
          const processes = list("/proc").filter((name) => /^\d+$/.test(name)).map((pid) => ({
            pid, name: (read(`/proc/${pid}/comm`) ?? "").trim(), words: (read(`/proc/${pid}/cmdline`) ?? "").split("\0").slice(0, -1),
            environ: read(`/proc/${pid}/environ`)?.split("\0").slice(0, -1).sort() ?? null, descriptors: list(`/proc/${pid}/fd`) === null ? null : "listed", cwd: link(`/proc/${pid}/cwd`), exe: link(`/proc/${pid}/exe`),
          }));
          return {
            mounts, processes,
            descriptors: list("/proc/self/fd").map((n) => [n, link("/proc/self/fd/" + n)]).filter(([, to]) => to !== null && !/\/proc\/\d+\/fd$/.test(to)),
            status: Object.fromEntries(lines("/proc/self/status").map((line) => line.split(":\t")).filter((pair) => pair.length === 2)),
            limits: lines("/proc/self/limits").slice(1).map((line) => line.split(/\s{2,}/).slice(0, 3)),
            environment: Deno.env.toObject(),
            uidMap: columns("/proc/self/uid_map"), gidMap: columns("/proc/self/gid_map"), cgroups: lines("/proc/self/cgroup"),
            interfaces: table("/proc/net/dev").slice(1).map((f) => f[0]), addresses6: columns("/proc/net/if_inet6").map((f) => f[5] + " " + f[0]),
            addresses4: [...new Set(lines("/proc/net/fib_trie").map((line) => /\|-- (\S+)/.exec(line)?.[1]).filter((a) => a))].sort(),
            routes4: table("/proc/net/route"), routes6: columns("/proc/net/ipv6_route").map((f) => f[9] + " " + f[0] + "/" + f[1]), neighbours: table("/proc/net/arp"),
            sockets: Object.fromEntries(["tcp", "tcp6", "udp", "udp6", "raw", "packet"].map((kind) => [kind, table("/proc/net/" + kind).map((f) => f[1])])),
            unix: table("/proc/net/unix").map((f) => f[7] ?? "").filter((name) => name !== ""),
            lists: Object.fromEntries(["/", "/dev", "/etc", "/run", "/run/islet", "/deno", "/src", "/tmp", "/usr", "/usr/bin", "/home", "/root", "/var", "/sys"].map((path) => [path, list(path)])),
            files: Object.fromEntries(["/etc/hosts", "/etc/resolv.conf", "/etc/passwd", "/proc/sys/kernel/hostname"].map((path) => [path, read(path)])),
            writable: [...new Set([...mounts.map((m) => m.at), "/etc", "/run", "/usr/bin", "/dev/shm", "/proc/sys/kernel"])].filter(writable).sort(),
            cwd: upToNul((() => { const b = new Uint8Array(4096); lib.getcwd(b, 4096n); return b; })()),
            host: upToNul((() => { const b = new Uint8Array(256); lib.gethostname(b, 256n); return b; })()),
            resources: Object.values(Deno[Deno.internal].core.resources()),
          };
        };
        Deno.serve(() => Response.json(facts()));
        """;
}

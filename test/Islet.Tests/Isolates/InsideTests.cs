using System.Text.Json;
using System.Text.RegularExpressions;

namespace Islet.Tests.Isolates;

/// <summary>
/// Nothing secret is inside: exact lists of all that a slot holds, as a program finds it that got past Deno. A new entry
/// is a decision, not an accident: it is added here, with its reason in the review.
/// </summary>
public sealed partial class InsideTests
{
    /// <summary>Where, what, and how it is mounted. Shared libraries are one line each on the host, one here.</summary>
    const string Mounts = """
        /                                    tmpfs                              ro nosuid nodev
        /deno                                tmpfs                              rw nosuid nodev
        /deno/npm                            bind <data>/run/slots/<n>/npm      ro nosuid nodev
        /deno/remote                         bind <data>/run/slots/<n>/remote   ro nosuid nodev
        /dev                                 tmpfs                              ro nosuid nodev
        /dev/full                            device                             rw nosuid
        /dev/null                            device                             rw nosuid
        /dev/pts                             devpts                             rw nosuid noexec
        /dev/random                          device                             rw nosuid
        /dev/tty                             device                             rw nosuid
        /dev/urandom                         device                             rw nosuid
        /dev/zero                            device                             rw nosuid
        /etc/hosts                           bind <data>/run/boot/hosts         ro nosuid nodev
        /etc/resolv.conf                     bind <data>/run/boot/resolv.conf   ro nosuid nodev
        /etc/ssl/certs/ca-certificates.crt   certificates                       ro nosuid nodev
        /lib                                 libraries                          ro nosuid nodev
        /proc                                proc                               rw nosuid nodev noexec
        /run/islet                           tmpfs                              rw nosuid nodev
        /run/islet/kv.js                     bind <data>/run/boot/kv.js         ro nosuid nodev
        /run/islet/node.js                   bind <data>/run/boot/node.js       ro nosuid nodev
        /run/islet/prelude.js                bind <data>/run/boot/prelude.js    ro nosuid nodev
        /src                                 bind <artifact>/src                ro nosuid nodev
        /src                                 bind <data>/run/slots/<n>/app      ro nosuid nodev
        /tmp                                 tmpfs                              rw nosuid nodev
        /usr/bin/deno                        bind <deno>                        ro nosuid nodev
        """;

    /// <summary>Each process with its words and its environment.</summary>
    const string Processes = """
        1 bwrap   /usr/bin/bwrap --args 4 -- /usr/bin/deno
                  JAIL=<mark>
                  PATH=/usr/sbin:/usr/bin:/sbin:/bin
        2 deno    /usr/bin/deno
                  DENO_DIR=/deno
                  DENO_NO_UPDATE_CHECK=1
                  DENO_UNSTABLE_CONTROL_SOCK=unix:/run/islet/c.sock
                  DENO_V8_FLAGS=--max-old-space-size=332
                  HOME=/tmp
                  NO_COLOR=1
                  PWD=/src
        """;

    /// <summary>What the program reads by Deno.env: MINE is the deployment's own, the others are the platform's.</summary>
    const string Environment = """
        DENO_AUTO_SERVE=1
        DENO_DEPLOYMENT_ID=<id>
        DENO_DIR=/deno
        DENO_KV_REQUIRES_DISTRIBUTED_DATABASE=error
        DENO_NODE_SHIM_ACTIVE=1
        DENO_NO_UPDATE_CHECK=1
        DENO_REGION=us-east4
        DENO_SERVE_ADDRESS=unix:/run/islet/a.sock
        DENO_V8_FLAGS=--max-old-space-size=332
        HOME=/tmp
        MINE=my own value
        NO_COLOR=1
        PATH=/deno/node_compat_bin
        PWD=/src
        """;

    /// <summary>Files below /deno are its own caches; sockets: output, errors, its server and the visitor, its control channel, Deno's own pair for signals.</summary>
    const string Descriptors = """
        /deno/dep_analysis_cache_v2
        /deno/dep_analysis_cache_v2-shm
        /deno/dep_analysis_cache_v2-wal
        /deno/node_analysis_cache_v2
        /deno/node_analysis_cache_v2-shm
        /deno/node_analysis_cache_v2-wal
        /deno/v8_code_cache_v2
        /deno/v8_code_cache_v2-shm
        /deno/v8_code_cache_v2-wal
        /dev/null
        anon_inode:[eventfd]
        anon_inode:[eventpoll]
        socket
        """;

    const int MostSockets = 7;

    const string Resources = """
        dynamicLibrary
        http
        stderr
        stdin
        stdout
        """;

    const string Network = """
        interface lo
        address 0.0.0.0
        address 127.0.0.0
        address 127.0.0.1
        address 127.255.255.255
        address ::1
        unix /run/islet/a.sock
        """;

    const string Status = """
        CapInh 0000000000000000
        CapPrm 0000000000000000
        CapEff 0000000000000000
        CapBnd 0000000000000000
        CapAmb 0000000000000000
        NoNewPrivs 1
        Seccomp 2
        Uid 65534 65534 65534 65534
        Gid 65534 65534 65534 65534
        Groups
        uid_map 65534 0 1
        gid_map 65534 0 1
        cgroup /
        cwd /src
        hostname islet
        """;

    const string Directories = """
        /          deno dev etc lib lib64 proc run src tmp usr
        /dev       core fd full null ptmx pts random shm stderr stdin stdout tty urandom zero
        /etc       hosts resolv.conf ssl
        /home      -
        /root      -
        /run       islet
        /run/islet a.sock kv.js node.js prelude.js
        /src       main.ts
        /sys       -
        /tmp
        /usr       bin
        /usr/bin   deno
        /var       -
        """;

    const string Writable = """
        /deno
        /run/islet
        /tmp
        """;

    /// <summary>Limits that are not those of the server.</summary>
    const string Limits = "Max core file size 0 0";

    [Fact]
    public async Task A_slot_holds_exactly_this()
    {
        await using var node = await IsolatesFixture.StartAsync(options => options.WarmSlots = 1);
        await node.LeaseAsync(node.Program("Deno.serve(() => new Response('x'));", new Dictionary<string, string> { ["SECRET"] = "of another tenant" }));

        var facts = await InsideFacts.AskAsync(node);

        var whole = facts.GetRawText();
        whole.ShouldNotContain("of another tenant");
        whole.ShouldNotContain(System.Environment.MachineName.Length > 3 ? System.Environment.MachineName : "no name", Case.Sensitive);
        foreach (var (name, expected, found) in ((string, string, IEnumerable<string>)[])
            [
                ("mounts", Mounts, MountsOf(facts, node)),
                ("processes", Processes, Items(facts, "processes").SelectMany(ProcessOf)),
                ("environment", Environment, Members(facts, "environment").Select(pair => $"{pair.Name}={pair.Value.GetString()}").Order(StringComparer.Ordinal)),
                ("descriptors", Descriptors, Items(facts, "descriptors").Select(pair => pair[1].GetString()!.Split(":[")[0] is "socket" ? "socket" : pair[1].GetString()!).Distinct().Order(StringComparer.Ordinal)),
                ("resources", Resources, Texts(facts, "resources").Distinct().Order(StringComparer.Ordinal)),
                ("network", Network, NetworkOf(facts)),
                ("status", Status, StatusOf(facts)),
                ("directories", Directories, DirectoriesOf(facts)),
                ("writable places", Writable, Texts(facts, "writable")),
                ("limits", Limits, LimitsOf(facts)),
            ])
            found.Select(line => Hidden(line, node)).Select(Plain).ShouldBe(expected.Split('\n').Select(Plain), $"The list of {name} has changed.");
        Items(facts, "descriptors").Select(pair => pair[1].GetString()!).Where(to => to.StartsWith("socket", StringComparison.Ordinal)).Distinct().Count().ShouldBeLessThanOrEqualTo(MostSockets);
    }

    static IEnumerable<string> MountsOf(JsonElement facts, IsolatesFixture node) => Items(facts, "mounts")
        .Select(mount =>
        {
            var (at, from, type) = (Text(mount, "at"), Text(mount, "from"), Text(mount, "type"));
            var (place, what) =
                at.StartsWith("/lib", StringComparison.Ordinal) ? ("/lib", "libraries")
                : at.StartsWith("/etc/ssl/", StringComparison.Ordinal) ? (at, "certificates")
                : at.StartsWith("/dev/", StringComparison.Ordinal) && type != "devpts" ? (at, "device")
                : type is "tmpfs" or "proc" or "devpts" && at is "/" or "/tmp" or "/deno" or "/dev" or "/dev/pts" or "/proc" or "/run/islet" ? (at, type)
                : (at, "bind " + (at == "/usr/bin/deno" ? "<deno>" : from));
            return $"{place} {Hidden(what, node)} {Text(mount, "mode")} {Text(mount, "flags")}";
        })
        .Distinct().Order(StringComparer.Ordinal);

    static IEnumerable<string> ProcessOf(JsonElement process)
    {
        yield return $"{Text(process, "pid")} {Text(process, "name")} {string.Join(' ', process.GetProperty("words").EnumerateArray().Select(word => word.GetString()))}";
        foreach (var variable in process.GetProperty("environ").EnumerateArray())
            yield return variable.GetString()!;
    }

    static IEnumerable<string> NetworkOf(JsonElement facts) =>
    [
        .. Texts(facts, "interfaces").Select(name => "interface " + name.TrimEnd(':')),
        .. Texts(facts, "addresses4").Select(address => "address " + address),
        .. Texts(facts, "addresses6").Select(address => "address " + (address == "lo 00000000000000000000000000000001" ? "::1" : address)),
        .. Items(facts, "routes4").Select(route => "route " + route.GetRawText()),
        .. Texts(facts, "routes6").Where(route => !route.StartsWith("lo ", StringComparison.Ordinal)).Select(route => "route " + route),
        .. Items(facts, "neighbours").Select(neighbour => "neighbour " + neighbour.GetRawText()),
        .. Members(facts, "sockets").SelectMany(kind => kind.Value.EnumerateArray().Select(address => $"{kind.Name} {address.GetString()}")),
        .. Texts(facts, "unix").Select(name => "unix " + name).Distinct(),
    ];

    static IEnumerable<string> StatusOf(JsonElement facts)
    {
        foreach (var name in (string[])["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Uid", "Gid", "Groups"])
            yield return $"{name} {facts.GetProperty("status").GetProperty(name).GetString()}";
        foreach (var (name, member) in ((string, string)[])[("uid_map", "uidMap"), ("gid_map", "gidMap")])
            foreach (var map in Items(facts, member))
                yield return $"{name} {string.Join(' ', map.EnumerateArray().Select(number => number.GetString()))}";
        foreach (var path in Texts(facts, "cgroups").Select(line => line.Split(':', 3)[2]).Distinct())
            yield return $"cgroup {path}";
        yield return $"cwd {Text(facts, "cwd")}";
        yield return $"hostname {Text(facts, "host")}";
    }

    static IEnumerable<string> DirectoriesOf(JsonElement facts) => Members(facts, "lists")
        .Where(list => list.Name != "/deno") // Deno's own
        .OrderBy(list => list.Name, StringComparer.Ordinal)
        .Select(list => $"{list.Name} {(list.Value.ValueKind == JsonValueKind.Null ? "-" : string.Join(' ', list.Value.EnumerateArray().Select(name => name.GetString())))}");

    static IEnumerable<string> LimitsOf(JsonElement facts)
    {
        var ours = File.ReadLines("/proc/self/limits").Skip(1).Select(line => Plain(line[..66])).ToHashSet(StringComparer.Ordinal);
        return Items(facts, "limits").Select(limit => string.Join(' ', limit.EnumerateArray().Select(word => word.GetString()))).Where(limit => !ours.Contains(limit));
    }

    /// <summary>What differs from run to run, by a name.</summary>
    static string Hidden(string text, IsolatesFixture node)
    {
        text = text.Replace(node.Data, "<data>", StringComparison.Ordinal).Replace(Path.GetDirectoryName(node.Data)!, "<root>", StringComparison.Ordinal);
        text = Mark().Replace(text, "JAIL=<mark>");
        return Deployment().Replace(SlotNumber().Replace(text, "slots/<n>/"), "<id>").Replace("<data>/artifacts/<id>", "<artifact>", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"slots/\d+/", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SlotNumber();

    [GeneratedRegex("JAIL=[0-9a-f]{16}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Mark();

    [GeneratedRegex(@"test\d{8}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Deployment();

    static string Plain(string line) => string.Join(' ', line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries));

    static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    static JsonElement.ArrayEnumerator Items(JsonElement facts, string name) => facts.GetProperty(name).EnumerateArray();

    static JsonElement.ObjectEnumerator Members(JsonElement facts, string name) => facts.GetProperty(name).EnumerateObject();

    static IEnumerable<string> Texts(JsonElement facts, string name) => Items(facts, name).Select(item => item.GetString()!);
}

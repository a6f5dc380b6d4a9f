using System.Diagnostics;
using Islet.Tests.Edge;
using Islet.Tests.Gateway.Network;
using static Islet.Tests.Gateway.Network.DnsStub;

namespace Islet.Tests.Gateway;

/// <summary>Real Deno in a slot's network namespace: its resolvers and its clients know nothing of a gateway.</summary>
[Collection(typeof(OnTestNetwork))]
public sealed class DenoEgressTests(TestNetwork network)
{
    const string Program = """
        import { lookup } from 'node:dns/promises';
        import { connect } from 'node:net';
        const told = async (what) => { try { return await what(); } catch (error) { return error.constructor.name; } };
        const get = (url) => told(async () => (await fetch(url)).text());
        console.log(JSON.stringify({
          byName: await get('http://web.example:8080/'),
          byAddress: await get('http://93.184.216.34:8080/'),
          bySix: await get('http://[2606:2800:220:1::34]:8080/'),
          onlySix: await get('http://six.example:8080/'),
          txt: await told(() => Deno.resolveDns('web.example', 'TXT')),
          long: (await told(() => Deno.resolveDns('long.example', 'TXT'))).length,
          lookup: await told(async () => (await lookup('web.example')).address),
          node: await new Promise((done) => { let got = ''; connect(8080, 'web.example').on('data', (data) => got += data).on('close', () => done(got.slice(-5))).on('error', () => done('error')).write('x'); }),
          missing: await told(() => Deno.resolveDns('missing.example', 'A')),
          missingFetch: await get('http://missing.example:8080/'),
          rebound: await get('http://inside.example:8080/'),
          metadata: await get('http://169.254.169.254:8080/'),
          private: await get('http://10.7.0.2:8080/'),
          number: await get('http://168230914:8080/'),
          mapped: await get('http://[::ffff:10.7.0.2]:8080/'),
          listener: await get('http://127.0.0.1:3128/'),
        }));
        """;

    [Fact]
    public async Task Deno_works_unaware_and_stays_outside()
    {
        using var gateway = new GatewayUnderTest(network);
        var slot = gateway.Slot(GatewayUnderTest.Spec());
        network.Dns.On("web.example", 1, Address("93.184.216.34"));
        network.Dns.On("web.example", 28, []);
        network.Dns.On("web.example", 16, (16, [4, .. "text"u8]));
        network.Dns.On("six.example", 1, []);
        network.Dns.On("six.example", 28, Address("2606:2800:220:1::34"));
        network.Dns.On("inside.example", 1, Address("10.7.0.2"));
        (int Type, byte[] Data) text = (16, [200, .. Enumerable.Repeat((byte)'t', 200)]);
        network.Dns.On("long.example", 16, (query, byTcp) =>
            byTcp ? [Answer(query, 0, 0, [.. Enumerable.Repeat(text, 30)])] : [[.. Answer(query, 0, 0)[..2], 0x83, .. Answer(query, 0, 0)[3..]]]);

        var told = await RunAsync(slot, Program);

        told.ShouldBe("""
            {"byName":"hello","byAddress":"hello","bySix":"hello","onlySix":"hello","txt":[["text"]],"long":30,"lookup":"93.184.216.34","node":"hello","missing":"NotFound","missingFetch":"TypeError","rebound":"TypeError","metadata":"TypeError","private":"TypeError","number":"TypeError","mapped":"TypeError","listener":"TypeError"}
            """);
        gateway.Egress.Lines.Where(line => line.StartsWith("Allowed", StringComparison.Ordinal)).Select(line => line.Split(' ')[1]).Distinct()
            .ShouldBe(["93.184.216.34:8080", "[2606:2800:220:1::34]:8080"]);
    }

    /// <summary>What it printed.</summary>
    static async Task<string> RunAsync(SlotUnderTest slot, string program)
    {
        var directory = Directory.CreateTempSubdirectory("islet-t").FullName;
        var etc = $"/etc/netns/{slot.Namespace.Name}"; // bound over /etc by `ip netns exec`
        try
        {
            await File.WriteAllTextAsync(Path.Combine(directory, "main.ts"), program);
            Directory.CreateDirectory(etc);
            await File.WriteAllTextAsync(Path.Combine(etc, "resolv.conf"), "nameserver 198.18.0.53\noptions timeout:2 attempts:2\n");
            var start = new ProcessStartInfo("ip", ["netns", "exec", slot.Namespace.Name, DenoIsolate.Executable(), "run", "-A", "--no-lock", "--no-check", Path.Combine(directory, "main.ts")])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = directory,
            };
            start.Environment["DENO_DIR"] = Path.Combine(directory, "deno");
            start.Environment["DENO_NO_UPDATE_CHECK"] = start.Environment["NO_COLOR"] = "1";
            using var deno = Process.Start(start)!;
            var (output, errors) = (deno.StandardOutput.ReadToEndAsync(), deno.StandardError.ReadToEndAsync());
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            try
            {
                await deno.WaitForExitAsync(patience.Token);
            }
            finally
            {
                if (!deno.HasExited)
                    deno.Kill(entireProcessTree: true);
            }

            deno.ExitCode.ShouldBe(0, await errors);
            return (await output).Trim();
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
            if (Directory.Exists(etc))
                Directory.Delete(etc, recursive: true);
            if (Directory.Exists("/etc/netns") && !Directory.EnumerateFileSystemEntries("/etc/netns").Any())
                Directory.Delete("/etc/netns");
        }
    }
}

using System.Text;
using Islet.Contracts;

namespace Islet.Tests.Isolates;

public sealed class BuilderTests
{
    [Fact]
    public async Task A_job_reads_its_source_writes_its_cache_and_is_heard()
    {
        await using var node = await IsolatesFixture.StartAsync();
        var job = Job(node, "console.log('out ' + Deno.env.get('WORD')); console.error('one'); console.error('two'); Deno.writeTextFileSync('/deno/made', 'x');", Run);
        var lines = new List<string>();

        var result = await node.Builder.RunAsync(job with { Environment = new Dictionary<string, string> { ["WORD"] = "word" } }, lines.Add, default);

        (result.ExitCode, result.End, Encoding.UTF8.GetString(result.Stdout)).ShouldBe((0, BuilderEnd.Exited, "out word\n"));
        lines.ShouldBe(["one", "two"]);
        (await File.ReadAllTextAsync(Path.Combine(job.DenoDirectory, "made"))).ShouldBe("x");
    }

    [Theory]
    [InlineData("while (true);", BuilderEnd.TimeLimit, -9)]
    [InlineData("const a = []; while (true) a.push(new Uint8Array(1 << 24).fill(1));", BuilderEnd.MemoryLimit, -9)]
    [InlineData("Deno.exit(3);", BuilderEnd.Exited, 3)]
    public async Task Its_end_is_told(string program, BuilderEnd end, int code)
    {
        await using var node = await IsolatesFixture.StartAsync();

        var result = await node.Builder.RunAsync(Job(node, program, Run) with { TimeLimit = TimeSpan.FromSeconds(end == BuilderEnd.TimeLimit ? 1 : 30) }, _ => { }, default);

        (result.End, result.ExitCode).ShouldBe((end, code));
    }

    [Fact]
    public async Task A_job_that_fills_the_disk_is_ended_at_its_limit()
    {
        await using var node = await IsolatesFixture.StartAsync();
        var job = Job(node, "const piece = new Uint8Array(1 << 20).fill(7); for (let n = 0; n < 400; n++) Deno.writeFileSync('/deno/' + n, piece); while (true);", Run);

        var full = await node.Builder.RunAsync(job with { DiskLimit = 64 << 20 }, _ => { }, default);
        full.End.ShouldBe(BuilderEnd.DiskLimit);
        full.Grew.ShouldBeGreaterThan(64 << 20);
        Directory.Delete(job.DenoDirectory, recursive: true);
        Directory.CreateDirectory(job.DenoDirectory);
        File.SetUnixFileMode(job.DenoDirectory, (UnixFileMode)0b111_111_111);

        (await node.Builder.RunAsync(job with { DiskLimit = 1 << 30, TimeLimit = TimeSpan.FromSeconds(3) }, _ => { }, default)).End.ShouldBe(BuilderEnd.TimeLimit);
    }

    [Fact]
    public async Task A_cancelled_job_is_gone()
    {
        await using var node = await IsolatesFixture.StartAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));

        await Should.ThrowAsync<OperationCanceledException>(() => node.Builder.RunAsync(Job(node, "while (true);", Run), _ => { }, limit.Token));

        Directory.GetDirectories(Path.Combine(node.Data, "run", "slots"), "b*").ShouldBeEmpty();
    }

    [Fact]
    public async Task The_proxy_is_the_only_door()
    {
        await using var node = await IsolatesFixture.StartAsync();
        var path = Path.Combine(node.Data, "proxy.sock");
        using var proxy = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        proxy.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(path));
        proxy.Listen();
        File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
        var job = Job(node, $"const c = await Deno.connect({{ transport: 'unix', path: '{BuilderJob.ProxyPath}' }}); await c.write(new Uint8Array([65])); c.close();", Run) with { ProxySocket = path };

        var running = node.Builder.RunAsync(job, _ => { }, default);
        using var accepted = await proxy.AcceptAsync(new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token);

        (await accepted.ReceiveAsync(new byte[10])).ShouldBe(1);
        (await running).ExitCode.ShouldBe(0);
    }

    internal static readonly string[] Run = ["run", "-A", "--no-config", "--no-lock", "/src/main.ts"];

    internal static BuilderJob Job(IsolatesFixture node, string program, IReadOnlyList<string> arguments)
    {
        var spec = node.Program(program);
        var cache = Directory.CreateDirectory(Path.Combine(spec.Artifact.Directory, "cache")).FullName;
        File.SetUnixFileMode(cache, (UnixFileMode)0b111_111_111); // as the server makes it: builders are another user
        return new BuilderJob(spec.Organization, Path.Combine(spec.Artifact.Directory, "src"), cache, arguments, new Dictionary<string, string>(), null, TimeSpan.FromSeconds(30));
    }
}

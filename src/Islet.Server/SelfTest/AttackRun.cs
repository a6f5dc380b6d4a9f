using System.Collections.Concurrent;

namespace Islet.Server.SelfTest;

/// <summary>All attacks, from the making of their world to its removal.</summary>
sealed class AttackRun(SelfTestOptions options, Report report)
{
    const int AtOnce = 4;

    readonly string nonce = Guid.NewGuid().ToString("N")[..12];

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(IReadOnlyList<Attack> attacks, CancellationToken cancellation)
    {
        var place = Directory.CreateTempSubdirectory("islet-st-");
        File.SetUnixFileMode(place.FullName, (UnixFileMode)0b111_101_101); // only the jail is to keep programs out
        try
        {
            HostChecks.AdoptOrphans();
            await using (var world = await World.MakeAsync())
                await InWorldAsync(world, place.FullName, attacks, cancellation);
            return report.End();
        }
        finally
        {
            place.Delete(recursive: true);
        }
    }

    async Task InWorldAsync(World world, string place, IReadOnlyList<Attack> attacks, CancellationToken cancellation)
    {
        // 1 the canaries
        var (canaryWord, publicWord, victimWord, secret) = ($"canary-{nonce}", $"public-{nonce}", $"victim-{nonce}", $"secret-{nonce}");
        var canaryFile = Path.Combine(place, "canary.txt");
        await File.WriteAllTextAsync(canaryFile, canaryWord, cancellation);
        File.SetUnixFileMode(canaryFile, (UnixFileMode)0b110_110_110);
        using var canaries = new Canaries(canaryWord);
        using var names = new NameStub(ServerUnderAttack.Domain);
        using var open = new PublicHost(publicWord);
        await canaries.OpenAsync(world);
        await names.OpenAsync(world);
        await open.OpenAsync(world);

        // 2 the server and its victim
        await using var server = await ServerUnderAttack.StartAsync(world, place, options, cancellation);
        using var visitor = world.Visitor(options.NoJail);
        var tenants = new Tenants(visitor, Tenants.Read(server.Data));
        var others = await tenants.ApartAsync("Victims", cancellation);
        var database = options.NoJail ? null : await others.DatabaseAsync(cancellation); // databases are found in the network of a slot only
        var deployed = await others.DeployAsync("victim", VictimOf(victimWord, database is not null), new Dictionary<string, string>(StringComparer.Ordinal) { ["SECRET"] = secret }, database, cancellation);
        await using var victim = new Victim(world, options.NoJail, deployed.Host, victimWord);
        victim.Start();
        report.Tell($"Server on {server.Data}, {(options.Without.Count == 0 ? "all walls" : "without " + string.Join(", ", options.Without))}\n");

        // 3 the attacks
        var targets = new TargetsOf(tenants, canaryFile, canaryWord, publicWord, "islet-mark-" + nonce, server.Data, deployed.Host, deployed.Id, database ?? "", victimWord, secret, server.Id);
        using var host = new HostChecks(server, canaries, names, canaryFile, canaryWord, targets.Mark);
        await RunAllAsync(attacks, tenants, targets, victim, new RunAttack(visitor, tenants, victim, host, targets, options), cancellation);

        // 4 the end of the server leaves nothing
        var cgroups = host.Cgroups();
        if (await host.FindAsync() is { } trace)
            report.Problem(trace);
        if (await server.StopAsync() is not 0)
            report.Problem("The server did not end well: " + server.LastWords());
        if (await HostChecks.FindLeftAsync(cgroups) is { } left)
            report.Problem(left);
    }

    // Its word is in its answers, its database and its queue.
    static string VictimOf(string word, bool hasDatabase) => $$"""
        const secret = Deno.env.get('SECRET');
        if ({{(hasDatabase ? "true" : "false")}}) {
          const kv = await Deno.openKv();
          await kv.set(['word'], '{{word}}');
          await kv.enqueue('{{word}}', { delay: 1000 });
        }
        Deno.serve(() => new Response(secret ? '{{word}}' : ''));
        """;

    // Those that disturb nobody together, the loud ones one by one where the victim is measured beside them, and those that take
    // a limit's whole time at once. What is asked without a wall is whether the others hold.
    async Task RunAllAsync(IReadOnlyList<Attack> attacks, Tenants tenants, TargetsOf targets, Victim victim, RunAttack run, CancellationToken cancellation)
    {
        await EachAsync(attacks.Where(attack => attack.IsControl), AtOnce);
        if (options.Lacks.Contains("egress", StringComparer.Ordinal))
            report.Tell("\nNO EGRESS IN THIS BUILD (--lacks egress): attacks on the network meet no network at all\n");
        else if (report.NoControlWorks("egress"))
            report.Problem("NO EGRESS: no program reaches any public host, so that attacks on the network show nothing");
        await EachAsync(attacks.Where(attack => attack is { IsControl: false, IsAlone: false, IsLong: false }), AtOnce);
        var loud = await EachAsync(attacks.Where(attack => attack is { IsControl: false, IsAlone: true, IsLong: false }), options.Measures ? 1 : AtOnce);
        if (options.Measures && loud.Count > 0)
            await MeasureAsync(loud, new MeasureVictim(victim, run), cancellation);
        await tenants.LimitTimeAsync(cancellation);
        await EachAsync(attacks.Where(attack => attack is { IsControl: false, IsLong: true }), 16);

        async Task<IReadOnlyCollection<(Attack Attack, Deployed Deployed)>> EachAsync(IEnumerable<Attack> some, int atOnce)
        {
            var made = new ConcurrentQueue<(Attack, Deployed)>();
            await Parallel.ForEachAsync(some, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellation }, async (attack, stopping) =>
            {
                var database = attack.HasDatabase ? await tenants.DatabaseAsync(stopping) : null;
                var deployed = await tenants.DeployAsync($"{attack.Group}-{attack.Name}", attack.Source, targets.Of(attack), database, stopping);
                report.Add(await run.RunAsync(attack, deployed, stopping));
                made.Enqueue((attack, deployed));
            });
            return made;
        }
    }

    async Task MeasureAsync(IReadOnlyCollection<(Attack Attack, Deployed Deployed)> loud, MeasureVictim measure, CancellationToken cancellation)
    {
        report.Tell("\nThe victim beside loud attacks, p99 alone and while each goes on:");
        foreach (var (attack, deployed) in loud)
        {
            var result = await measure.RunAsync(attack, deployed, cancellation);
            report.Add(result);
            if (result.Harm is { } harm)
                report.Problem($"beside {attack.Group}/{attack.Name} {harm}");
        }
        report.Tell("");
    }
}

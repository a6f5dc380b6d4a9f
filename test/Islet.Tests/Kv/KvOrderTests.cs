using Islet.Kv.Engine;
using Islet.Kv.Wire;
using static Islet.Tests.Kv.KvKit;

namespace Islet.Tests.Kv;

public sealed class KvOrderOnFilesTests(FilePlace place) : KvOrderTests(place), IClassFixture<FilePlace>;

public sealed class KvOrderOnPostgresTests(PostgresPlace place) : KvOrderTests(place), IClassFixture<PostgresPlace>
{
    [Fact]
    public async Task All_that_clients_of_two_nodes_do_has_one_order() => await CheckAsync(Database, await OpenAsync(StartNode()));
}

/// <summary>Linearizability: random operations of several clients at once on few keys, explained by one order.</summary>
public abstract class KvOrderTests(KvPlace place) : KvTests(place)
{
    const int Clients = 8;

    static readonly string[] Keys = ["a", "b", "c"];
    static readonly int Seed = int.TryParse(Environment.GetEnvironmentVariable("ISLET_KV_SEED"), out var seed) ? seed : 4_711;
    static readonly int Operations = int.TryParse(Environment.GetEnvironmentVariable("ISLET_KV_OPERATIONS"), out var count) ? count : 150;

    [Fact]
    public Task All_that_clients_do_has_one_order() => CheckAsync(Database);

    internal static async Task CheckAsync(params KvDatabase[] nodes)
    {
        var history = new KvHistory();

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            var random = new Random(Seed + client);
            var known = new Dictionary<string, KvHistory.Seen>();
            for (var n = 0; n < Operations; n++)
                await StepAsync(history, nodes[random.Next(nodes.Length)], random, known);
        })));

        history.Count.ShouldBeGreaterThanOrEqualTo(Clients * Operations);
        history.ShouldBeOneOrder();
    }

    static async Task StepAsync(KvHistory history, KvDatabase database, Random random, Dictionary<string, KvHistory.Seen> known)
    {
        string[] keys = [.. Keys.Where(_ => random.Next(2) == 0)];
        switch (random.Next(5))
        {
            case 0 or 1:
                foreach (var (key, seen) in await history.ReadAsync(database, Keys))
                    known[key] = seen;
                break;
            case 2: // what was read before is often not so any more
                var checks = keys.Select(key => known.GetValueOrDefault(key) is { Version: > 0 } seen ? At(key, seen.Version) : Absent(key));
                await history.WriteAsync(database, new([.. checks], [.. Mutations(Keys, random)], []));
                break;
            case 3: // as programs do it
                var fresh = await history.ReadAsync(database, keys);
                await history.WriteAsync(database, new([.. fresh.Select(pair => pair.Value.Version > 0 ? At(pair.Key, pair.Value.Version) : Absent(pair.Key))], [.. Mutations(keys, random)], []));
                break;
            default:
                await history.WriteAsync(database, new([], [.. Mutations(keys, random)], []));
                break;
        }
    }

    static IEnumerable<Mutation> Mutations(string[] keys, Random random) => keys.Select(key => random.Next(6) switch
    {
        0 => Delete(key),
        1 or 2 => U64(MutationKind.Set, key, (ulong)random.Next(100)),
        _ => U64(MutationKind.Sum, key, (ulong)random.Next(1, 10)),
    });
}

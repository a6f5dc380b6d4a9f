using System.Diagnostics;
using System.Globalization;
using Islet.Kv.Engine;
using Islet.Kv.Wire;
using static Islet.Tests.Kv.KvKit;

namespace Islet.Tests.Kv;

public sealed class KvFiguresOnFilesTests(FilePlace place) : KvFigures(place), IClassFixture<FilePlace>;

public sealed class KvFiguresOnPostgresTests(PostgresPlace place) : KvFigures(place), IClassFixture<PostgresPlace>;

/// <summary>
/// What the engine does without a network around it. Figures are of one machine and assert nothing: they are explicit, so that
/// no run of the tests has them. Run by hand:
/// <c>Islet.Tests --explicit only --show-live-output on --filter-class '*KvFiguresOnFilesTests'</c>.
/// </summary>
public abstract class KvFigures(KvPlace place) : KvTests(place)
{
    static readonly TimeSpan Each = TimeSpan.FromSeconds(2);

    [Fact(Explicit = true)]
    public async Task Operations_a_second()
    {
        var value = new string('v', 70);
        await Database.WriteAsync([.. Enumerable.Range(0, 100).Select(n => Set($"list{n:00}", value))]);
        (string, Func<int, Task>)[] cases = [
            ("write", worker => Database.WriteAsync(Set($"key{worker}", value))), ("read", worker => Database.GetAsync($"key{worker}")),
            ("list 100", _ => Database.ReadAsync(Range("list", "lisu")))];
        foreach (var (name, run) in cases)
            foreach (var workers in new[] { 1, 64 })
            {
                await RateAsync(workers, TimeSpan.FromMilliseconds(300), run);
                Tell($"{name} x{workers}: {await RateAsync(workers, Each, run):0}/s");
            }
    }

    static async Task<double> RateAsync(int workers, TimeSpan time, Func<int, Task> run)
    {
        var (count, began) = (0L, Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(async () =>
        {
            for (; Stopwatch.GetElapsedTime(began) < time; Interlocked.Increment(ref count))
                await run(worker);
        })));
        return count / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    static void Tell(FormattableString line) => TestContext.Current.TestOutputHelper!.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}

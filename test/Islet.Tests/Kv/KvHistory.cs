using System.Collections.Concurrent;
using Islet.Kv.Engine;
using Islet.Kv.Wire;
using static Islet.Tests.Kv.KvKit;

namespace Islet.Tests.Kv;

/// <summary>
/// What clients did and saw, and whether one order explains it: that of the versionstamps. Each commit must be right in the
/// state that the commits before it left; a read must have seen the state after one of the commits; and an operation that
/// began after another had ended must not come before it.
/// </summary>
sealed class KvHistory
{
    readonly ConcurrentBag<Operation> operations = [];
    long clock;

    public int Count => operations.Count;

    public async Task WriteAsync(KvDatabase database, AtomicWrite write)
    {
        var began = Interlocked.Increment(ref clock);
        var result = await database.WriteAsync(write, default);
        operations.Add(new(began, Interlocked.Increment(ref clock), write, result, null));
    }

    public async Task<Dictionary<string, Seen>> ReadAsync(KvDatabase database, params string[] keys)
    {
        var began = Interlocked.Increment(ref clock);
        var found = await database.GetAllAsync(keys);
        var seen = keys.Zip(found).ToDictionary(pair => pair.First, pair => pair.Second is { } entry ? new Seen(Number(entry), entry.Version) : default);
        operations.Add(new(began, Interlocked.Increment(ref clock), null, default, seen));
        return seen;
    }

    public void ShouldBeOneOrder()
    {
        var states = States(out var commits);
        // 1 commits: their order is that of real time
        for (var (index, latestBegin) = (0, 0L); index < commits.Count; index++)
        {
            if (commits[index].Ended < latestBegin)
                Assert.Fail($"commit {commits[index].Result.Version} ended before an earlier one began");
            latestBegin = Math.Max(latestBegin, commits[index].Began);
        }
        // 2 all else fits into a state that stood between its begin and its end
        foreach (var operation in operations.Where(operation => !operation.IsCommit))
        {
            var first = commits.FindLastIndex(commit => commit.Ended < operation.Began) + 1; // the state after so many commits at least
            var last = commits.FindIndex(commit => commit.Began > operation.Ended) is >= 0 and var index ? index : commits.Count;
            if (!Enumerable.Range(first, last - first + 1).Any(state => operation.Fits(states[state])))
                Assert.Fail($"no state of {first} to {last} explains {operation}");
        }
        // 3 reads that came one after another saw states in their order
        var newestOfEnded = 0L;
        var ended = new PriorityQueue<long, long>();
        foreach (var read in operations.Where(operation => operation.Saw is not null).OrderBy(operation => operation.Began))
        {
            while (ended.TryPeek(out _, out var end) && end < read.Began)
                newestOfEnded = Math.Max(newestOfEnded, ended.Dequeue());
            if (states.FindLastIndex(candidate => read.Fits(candidate)) < newestOfEnded)
                Assert.Fail($"{read} saw what was over");
            ended.Enqueue(states.FindIndex(candidate => read.Fits(candidate)), read.Ended);
        }
    }

    /// <summary>The state before each commit and after the last, computed by a model of a dozen lines.</summary>
    List<Dictionary<string, Seen>> States(out List<Operation> commits)
    {
        commits = [.. operations.Where(operation => operation.IsCommit).OrderBy(operation => operation.Result.Version)];
        commits.Select(commit => commit.Result.Version).Distinct().Count().ShouldBe(commits.Count, "one versionstamp per commit");
        var states = new List<Dictionary<string, Seen>> { new() };
        foreach (var commit in commits)
        {
            if (!commit.Write!.Checks.All(check => Holds(check, states[^1])))
                Assert.Fail($"{commit} succeeded with a check that did not hold");
            var state = new Dictionary<string, Seen>(states[^1]);
            foreach (var mutation in commit.Write.Mutations)
            {
                var operand = mutation.Kind == MutationKind.Delete ? 0 : BitConverter.ToUInt64(mutation.Value.Span);
                var before = state.GetValueOrDefault(Text(mutation.Key));
                state[Text(mutation.Key)] = mutation.Kind switch
                {
                    MutationKind.Delete => default,
                    MutationKind.Set => new(operand, commit.Result.Version),
                    _ => new(unchecked(before.Value + operand), commit.Result.Version),
                };
            }
            states.Add(state);
        }
        return states;
    }

    static bool Holds(Check check, Dictionary<string, Seen> state) => state.GetValueOrDefault(Text(check.Key)).Version == (check.Version ?? 0);

    /// <param name="Version">0: nothing.</param>
    internal readonly record struct Seen(ulong Value, long Version);

    sealed record Operation(long Began, long Ended, AtomicWrite? Write, CommitResult Result, Dictionary<string, Seen>? Saw)
    {
        public bool IsCommit => Write is not null && Result.FailedChecks is null;

        public bool Fits(Dictionary<string, Seen> state) => Saw is not null
            ? Saw.All(pair => state.GetValueOrDefault(pair.Key) == pair.Value)
            : Write!.Checks.Index().Where(pair => !Holds(pair.Item, state)).Select(pair => (uint)pair.Index).SequenceEqual(Result.FailedChecks!);
    }
}

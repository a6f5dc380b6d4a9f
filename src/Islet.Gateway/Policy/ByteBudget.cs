using System.Collections.Concurrent;
using Islet.Contracts;

namespace Islet.Gateway.Policy;

/// <summary>
/// What one project may send in any hour, all its isolates together: a ring of minutes. Spending takes a short lock, once
/// for each buffer that is relayed.
/// </summary>
sealed class ByteBudget(TimeProvider time)
{
    const int Minutes = 60;

    readonly Lock gate = new();

    // all under the gate: bytes of each of the last minutes, the newest minute, the sum
    readonly long[] spent = new long[Minutes];
    long minute = -1;
    long sum;

    /// <summary>
    /// False: the limit is passed, and stays so until enough of it is an hour old. What was asked for is counted either way,
    /// else a project could go on with small pieces.
    /// </summary>
    /// <param name="limit">0 is none.</param>
    public bool TrySpend(long bytes, long limit)
    {
        lock (gate)
        {
            Forget();
            spent[minute % Minutes] += bytes;
            sum += bytes;
            return limit == 0 || sum <= limit;
        }
    }

    public bool IsSpent(long limit)
    {
        lock (gate)
        {
            Forget();
            return limit != 0 && sum >= limit;
        }
    }

    void Forget()
    {
        var now = (long)time.GetElapsedTime(0).TotalMinutes;
        if (now - minute >= Minutes)
        {
            Array.Clear(spent);
            (minute, sum) = (now, 0);
        }

        while (minute < now)
        {
            minute++;
            sum -= spent[minute % Minutes];
            spent[minute % Minutes] = 0;
        }
    }
}

/// <summary>The budgets of projects. One that has sent nothing for an hour is forgotten.</summary>
sealed class ByteBudgets(TimeProvider time)
{
    readonly ConcurrentDictionary<ProjectId, ByteBudget> budgets = new();

    public ByteBudget Of(ProjectId project) => budgets.GetOrAdd(project, static (_, time) => new(time), time);

    /// <summary>Drops those that are empty and belong to no project of <paramref name="living"/>.</summary>
    public void Sweep(IReadOnlySet<ProjectId> living)
    {
        foreach (var (project, budget) in budgets)
            if (!living.Contains(project) && !budget.IsSpent(1))
                budgets.TryRemove(new(project, budget));
    }
}

using System.Collections.Concurrent;
using Islet.ControlPlane.Retries;

namespace Islet.Api.Retries;

/// <summary>All that makes a call without a key the same: token, and SHA-256 of method, path and body.</summary>
readonly record struct CallName(Guid Token, string Hash);

/// <summary>A call that is under way.</summary>
sealed record RunningCall(CallName Name, CancellationToken ClientGone);

/// <summary>
/// Answers whose client was gone before it had them. The official client sends no key and repeats such a call: it is told
/// what was done, instead of doing it again. Only that: the same call twice from clients that got their answers is two.
/// In memory, for minutes.
/// </summary>
sealed class LostAnswers(TimeProvider time)
{
    const int MaxAnswers = 1000;
    const int MaxBody = 64 * 1024;

    static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(10);

    readonly ConcurrentDictionary<CallName, (FirstAnswer Answer, DateTimeOffset At)> lost = new();
    readonly ConcurrentDictionary<CallName, RunningCall> running = new();

    /// <summary>The answer, once; null when there is none.</summary>
    public FirstAnswer? Take(CallName call) =>
        lost.TryRemove(call, out var found) && time.GetUtcNow() - found.At < KeptFor ? found.Answer : null;

    /// <summary>Whether the same is under way for a client that does not wait for it any more.</summary>
    public bool IsRunningForNobody(CallName call) => running.TryGetValue(call, out var other) && other.ClientGone.IsCancellationRequested;

    public void Begin(RunningCall call) => running[call.Name] = call;

    public void End(RunningCall call) => running.TryRemove(new KeyValuePair<CallName, RunningCall>(call.Name, call));

    public void Keep(CallName call, FirstAnswer answer)
    {
        if (answer.Body.Length > MaxBody)
            return;
        if (lost.Count >= MaxAnswers)
            Forget();
        lost[call] = (answer, time.GetUtcNow());
    }

    void Forget()
    {
        var now = time.GetUtcNow();
        foreach (var (call, kept) in lost)
            if (now - kept.At >= KeptFor)
                lost.TryRemove(call, out _);
        if (lost.Count >= MaxAnswers)
            lost.Clear();
    }
}

using System.Collections.Concurrent;
using Islet.Contracts;

namespace Islet.Gateway.Names;

/// <summary>
/// Answers of servers for as long as they say, at most an hour. Each project has its own: what one asks for, and how long
/// ago, is nobody else's to learn.
/// </summary>
sealed class AnswerCache(TimeProvider time)
{
    const int MaxEntries = 4096;
    const int MaxBytes = 4096;
    static readonly TimeSpan Longest = TimeSpan.FromHours(1);
    static readonly TimeSpan LongestNo = TimeSpan.FromMinutes(1);

    readonly ConcurrentDictionary<Key, Entry> entries = new();
    int count;

    readonly record struct Key(ProjectId Project, DnsName Name, ushort Type, bool Opt, bool Secure, bool CheckingDisabled);

    sealed record Entry(DnsAnswer Answer, long Asked, TimeSpan Lifetime);

    /// <summary>The answer and its age in seconds.</summary>
    public (DnsAnswer Answer, uint Age)? Find(ProjectId project, DnsQuery query)
    {
        var key = KeyOf(project, query);
        if (!entries.TryGetValue(key, out var entry))
            return null;
        var age = time.GetElapsedTime(entry.Asked);
        if (age < entry.Lifetime)
            return (entry.Answer, (uint)age.TotalSeconds);
        Remove(key, entry);
        return null;
    }

    public void Keep(ProjectId project, DnsQuery query, DnsAnswer answer)
    {
        var longest = answer is { Code: DnsCode.NoError, Answers.Count: > 0 } ? Longest : LongestNo;
        var lifetime = TimeSpan.FromSeconds(answer.Lifetime());
        if (lifetime <= TimeSpan.Zero || SizeOf(answer) > MaxBytes)
            return;
        if (Volatile.Read(ref count) >= MaxEntries)
            MakeRoom();
        if (entries.TryAdd(KeyOf(project, query), new(answer, time.GetTimestamp(), lifetime < longest ? lifetime : longest)))
            Interlocked.Increment(ref count);
    }

    /// <summary>What has expired goes; when nothing has, everything goes: the servers have it still.</summary>
    void MakeRoom()
    {
        var before = Volatile.Read(ref count);
        foreach (var (key, entry) in entries)
            if (time.GetElapsedTime(entry.Asked) >= entry.Lifetime)
                Remove(key, entry);
        if (Volatile.Read(ref count) < before)
            return;
        foreach (var (key, entry) in entries)
            Remove(key, entry);
    }

    void Remove(Key key, Entry entry)
    {
        if (entries.TryRemove(new(key, entry)))
            Interlocked.Decrement(ref count);
    }

    static int SizeOf(DnsAnswer answer) =>
        answer.Answers.Concat(answer.Authorities).Concat(answer.Additionals).Sum(record => record.Owner.Wire.Length + record.Data.Length + 64);

    static Key KeyOf(ProjectId project, DnsQuery query) => new(
        project, query.Question.Name, query.Question.Type, query.HasOpt, query.Secure, (query.Flags & DnsHeader.CheckingDisabled) != 0);
}

using Islet.Kv.Keys;
using Islet.Kv.Queues;
using Islet.Kv.Values;
using Islet.Kv.Wire;

namespace Islet.Kv.Engine;

/// <summary>
/// Writes that are committed together, each for itself whole or not at all. They are computed in memory over what is
/// stored; a storage only writes down what came of it. Belongs to one writer, which uses it again.
/// </summary>
sealed class WriteBatch
{
    /// <summary>So that nobody relies on the difference between two versionstamps.</summary>
    const int MaxStep = 9;

    readonly List<(ReadOnlyMemory<byte> Key, KeyState? Before)> undo = [];
    readonly List<uint> failedChecks = [];
    readonly HashSet<long> finished = [];

    readonly List<PendingWork> all = [];

    public List<PendingWrite> Writes { get; } = [];

    public List<PendingFinish> Finishes { get; } = [];

    public List<PendingClaim> Claims { get; } = [];

    public List<PendingExtension> Extensions { get; } = [];

    /// <summary>What stands at each key afterwards. Version 0: nothing.</summary>
    public Dictionary<ReadOnlyMemory<byte>, KeyState> Changes { get; } = new(KeyComparer.Instance);

    public List<Enqueue> Enqueued { get; } = [];

    /// <summary>Messages that are over: delivered, or given up.</summary>
    public List<long> Ended { get; } = [];

    /// <summary>Of <see cref="Ended"/> those that no try delivered.</summary>
    public List<QueuedMessage> GivenUp { get; } = [];

    /// <summary>Messages that are tried again.</summary>
    public List<(long Id, long Due, int Attempt)> Requeued { get; } = [];

    public int Count => all.Count;

    public bool TouchesQueue => Enqueued.Count + Finishes.Count + Claims.Count + Extensions.Count > 0;

    public void Add(PendingWork work)
    {
        all.Add(work);
        switch (work)
        {
            case PendingWrite write:
                Writes.Add(write);
                break;
            case PendingFinish finish:
                Finishes.Add(finish);
                break;
            case PendingClaim claim:
                Claims.Add(claim);
                break;
            case PendingExtension extension:
                Extensions.Add(extension);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(work));
        }
    }

    /// <summary>Decides every write in its order.</summary>
    /// <param name="version">Of the database before the batch.</param>
    /// <returns>Its version afterwards; the same when no write succeeded.</returns>
    public long Evaluate(IStored stored, long version, long now)
    {
        foreach (var finish in Finishes)
            version = Finish(finish, stored, version, now);
        foreach (var pending in Writes)
        {
            var next = version + Random.Shared.Next(1, MaxStep + 1);
            try
            {
                if (FailedChecks(pending.Write.Checks, stored, now) is { } failed)
                {
                    pending.Decide(new CommitResult(0, failed));
                    continue;
                }
                foreach (var mutation in pending.Write.Mutations)
                    Apply(mutation, stored, next, now);
                Enqueued.AddRange(pending.Write.Enqueues);
                pending.Decide(new CommitResult(next, null));
                version = next;
            }
            catch (KvException refused)
            {
                TakeBack();
                pending.Decide(refused);
            }
            undo.Clear();
        }
        return version;
    }

    /// <summary>Tells every waiter how its write ended.</summary>
    public void Complete()
    {
        foreach (var work in all)
            work.Complete();
    }

    /// <summary>Nothing of it was committed.</summary>
    public void Fail(Exception problem)
    {
        foreach (var work in all)
            work.Decide(problem);
    }

    public void Clear()
    {
        all.Clear();
        Writes.Clear();
        Finishes.Clear();
        Claims.Clear();
        Extensions.Clear();
        Changes.Clear();
        Enqueued.Clear();
        Ended.Clear();
        GivenUp.Clear();
        Requeued.Clear();
        finished.Clear();
    }

    /// <summary>A message that nobody could handle is put where its sender wanted it then.</summary>
    long Finish(PendingFinish finish, IStored stored, long version, long now)
    {
        var message = finish.Message;
        var known = stored.Has(message) && finished.Add(message.Id);
        finish.Decide(known);
        if (!known)
            return version;
        if (!finish.Delivered && message.Attempt < message.Backoff.Count)
        {
            Requeued.Add((message.Id, now + message.Backoff[message.Attempt], message.Attempt + 1));
            return version;
        }
        Ended.Add(message.Id);
        if (finish.Delivered)
            return version;
        GivenUp.Add(message);
        if (message.KeysIfUndelivered.Count == 0)
            return version;
        foreach (var key in message.KeysIfUndelivered)
            Changes[key] = new(message.Payload, KvEncoding.V8, version + 1, 0);
        return version + 1;
    }

    List<uint>? FailedChecks(Check[] checks, IStored stored, long now)
    {
        failedChecks.Clear();
        for (var index = 0; index < checks.Length; index++)
            if (VersionOf(checks[index].Key, stored, now) != (checks[index].Version ?? 0))
                failedChecks.Add((uint)index);
        return failedChecks.Count == 0 ? null : [.. failedChecks];
    }

    void Apply(in Mutation mutation, IStored stored, long version, long now)
    {
        switch (mutation.Kind)
        {
            case MutationKind.Set:
                Put(mutation.Key, new(mutation.Value, mutation.Encoding, version, mutation.ExpireAt));
                break;
            case MutationKind.SetSuffixVersionstampedKey:
                Put(Suffixed(mutation.Key.Span, version), new(mutation.Value, mutation.Encoding, version, mutation.ExpireAt));
                break;
            case MutationKind.Delete:
                Put(mutation.Key, default);
                break;
            default:
                var before = StateOf(mutation.Key, stored, now);
                var (encoding, value) = Operate(mutation, before);
                Put(mutation.Key, new(value, encoding, version, 0));
                break;
        }
    }

    static byte[] Suffixed(ReadOnlySpan<byte> key, long version)
    {
        Span<byte> stamp = stackalloc byte[Versionstamp.Length];
        Versionstamp.Write(stamp, version);
        return KvKey.WithVersionstamp(key, stamp);
    }

    static (KvEncoding, byte[]) Operate(in Mutation mutation, in KeyState before)
    {
        var stored = before.Value.Span;
        var operand = mutation.Value.Span;
        return mutation.Kind switch
        {
            MutationKind.Min => SumValues.Min(before.Encoding, stored, mutation.Encoding, operand),
            MutationKind.Max => SumValues.Max(before.Encoding, stored, mutation.Encoding, operand),
            _ => SumValues.Sum(before.Encoding, stored, mutation.Encoding, operand, mutation.Min.Span, mutation.Max.Span, mutation.Clamp),
        };
    }

    long VersionOf(ReadOnlyMemory<byte> key, IStored stored, long now) =>
        !Changes.TryGetValue(key, out var state) ? stored.FindVersion(key, now)
        : state.IsThere(now) ? state.Version
        : 0;

    KeyState StateOf(ReadOnlyMemory<byte> key, IStored stored, long now) =>
        !Changes.TryGetValue(key, out var state) ? stored.Find(key, now)
        : state.IsThere(now) ? state
        : default;

    void Put(ReadOnlyMemory<byte> key, in KeyState state)
    {
        undo.Add((key, Changes.TryGetValue(key, out var before) ? before : null));
        Changes[key] = state;
    }

    void TakeBack()
    {
        for (var index = undo.Count - 1; index >= 0; index--)
            if (undo[index] is (var key, { } before))
                Changes[key] = before;
            else
                Changes.Remove(undo[index].Key);
    }
}

using Islet.Kv.Queues;
using Islet.Kv.Wire;

namespace Islet.Kv.Engine.Sqlite;

/// <summary>
/// The queue of a file, on its writer's connection. A message that somebody has is due again when the lease is over: so
/// nothing needs to be done when its handler is gone.
/// </summary>
sealed class SqliteQueue(SqliteFile file)
{
    readonly SqliteStatement add = file.Prepare("INSERT INTO queue(due, payload, backoff, keys, attempt) VALUES(?1, ?2, ?3, ?4, 0)");
    readonly SqliteStatement end = file.Prepare("DELETE FROM queue WHERE id = ?1");
    readonly SqliteStatement requeue = file.Prepare("UPDATE queue SET due = ?2, attempt = ?3 WHERE id = ?1");
    readonly SqliteStatement lease = file.Prepare("UPDATE queue SET due = ?2 WHERE id = ?1 AND attempt = ?3");
    readonly SqliteStatement due = file.Prepare("SELECT id, payload, backoff, keys, attempt FROM queue WHERE due <= ?1 ORDER BY due, id LIMIT ?2");
    readonly SqliteStatement has = file.Prepare("SELECT 1 FROM queue WHERE id = ?1 AND attempt = ?2");
    readonly SqliteStatement bury = file.Prepare("INSERT INTO dead_letters(at, payload, tries) VALUES(?1, ?2, ?3)");
    readonly SqliteStatement forget = file.Prepare($"DELETE FROM dead_letters WHERE id <= (SELECT max(id) FROM dead_letters) - {QueueState.DeadLetters}");
    readonly SqliteStatement nextDue = file.Prepare("SELECT min(due) FROM queue");

    /// <summary>Undelivered messages.</summary>
    public long Length { get; private set; } = file.Scalar("SELECT count(*) FROM queue");

    public void Apply(WriteBatch batch, long now)
    {
        foreach (var id in batch.Ended)
            end.Bind(1, id).Run();
        foreach (var message in batch.GivenUp)
            bury.Bind(1, now).Bind(2, message.Payload.Span).Bind(3, message.Attempt + 1).Run();
        if (batch.GivenUp.Count > 0)
            forget.Run();
        foreach (var (id, at, attempt) in batch.Requeued)
            requeue.Bind(1, id).Bind(2, at).Bind(3, attempt).Run();
        foreach (var extension in batch.Extensions)
        {
            foreach (var message in extension.Messages)
                Lease(message, now + extension.LeaseMilliseconds);
            extension.Decide(true);
        }
        foreach (var message in batch.Enqueued)
            Add(message, now);
        Length += batch.Enqueued.Count - batch.Ended.Count;
        foreach (var claim in batch.Claims)
            claim.Decide(Claim(claim, now));
    }

    /// <inheritdoc cref="IStored.Has"/>
    public bool Has(QueuedMessage message)
    {
        var found = has.Bind(1, message.Id).Bind(2, message.Attempt).Step();
        has.Reset();
        return found;
    }

    /// <summary><see cref="long.MaxValue"/>: the queue is empty.</summary>
    public long NextDue()
    {
        nextDue.Step();
        var next = nextDue.IsNull(0) ? long.MaxValue : nextDue.Number(0);
        nextDue.Reset();
        return next;
    }

    void Add(in Enqueue message, long now) => add
        .Bind(1, Math.Max(message.Deadline, now))
        .Bind(2, message.Payload.Span)
        .Bind(3, QueueRow.OfBackoff(message.Backoff))
        .Bind(4, QueueRow.OfKeys(message.KeysIfUndelivered))
        .Run();

    List<QueuedMessage> Claim(PendingClaim claim, long now)
    {
        var messages = new List<QueuedMessage>();
        due.Bind(1, now).Bind(2, claim.Max);
        while (due.Step())
            messages.Add(new(due.Number(0), due.Blob(1).ToArray(), QueueRow.Backoff(due.Blob(2)), QueueRow.Keys(due.Blob(3)), (int)due.Number(4)));
        due.Reset();
        foreach (var message in messages)
            Lease(message, now + claim.LeaseMilliseconds);
        return messages;
    }

    /// <summary>A message that was tried again meanwhile has another number of tries.</summary>
    void Lease(QueuedMessage message, long until) => lease.Bind(1, message.Id).Bind(2, until).Bind(3, message.Attempt).Run();
}

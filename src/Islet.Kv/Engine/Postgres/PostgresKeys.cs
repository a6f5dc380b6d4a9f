using Islet.Kv.Queues;
using Islet.Kv.Wire;
using Npgsql;

namespace Islet.Kv.Engine.Postgres;

/// <summary>What is stored at the keys that a batch asks for, read at once under the lock of the database's row.</summary>
sealed class PostgresKeys : IStored
{
    const string Lock = "SELECT version, backup IS NOT NULL FROM kv_databases WHERE id = $1 FOR UPDATE";

    const string Versions = "SELECT key, version FROM kv_entries WHERE database = $1 AND key = ANY($2) AND (expires IS NULL OR expires > $3)";

    const string Values =
        "SELECT key, version, value, encoding, expires FROM kv_entries WHERE database = $1 AND key = ANY($2) AND (expires IS NULL OR expires > $3)";

    const string Tries = "SELECT id, attempt FROM kv_queue WHERE database = $1 AND id = ANY($2)";

    readonly Dictionary<long, int> tries = [];
    readonly Dictionary<ReadOnlyMemory<byte>, long> versions = new(KeyComparer.Instance);
    readonly Dictionary<ReadOnlyMemory<byte>, KeyState> states = new(KeyComparer.Instance);

    /// <summary>Changes are kept for a backup; stays so until the transaction ends.</summary>
    public bool IsRecording { get; private set; }

    /// <returns>The version of the database, which stays until the transaction ends.</returns>
    public async Task<long> LoadAsync(NpgsqlConnection connection, Guid id, WriteBatch batch, long now, CancellationToken cancellation)
    {
        var (keys, operands) = Asked(batch);
        await using var command = new NpgsqlBatch(connection);
        command.BatchCommands.Add(PostgresStorage.Command(Lock, id));
        if (keys.Length > 0)
            command.BatchCommands.Add(PostgresStorage.Command(Versions, id, keys, now)); // a statement sees what was committed before it began
        if (operands.Length > 0)
            command.BatchCommands.Add(PostgresStorage.Command(Values, id, operands, now));
        if (batch.Finishes.Count > 0)
            command.BatchCommands.Add(PostgresStorage.Command(Tries, id, batch.Finishes.ConvertAll(finish => finish.Message.Id).ToArray()));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
            throw new IOException($"The row of KV database {id} is gone");
        var version = reader.GetInt64(0);
        IsRecording = reader.GetBoolean(1);
        if (keys.Length > 0)
        {
            await reader.NextResultAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
                versions[reader.GetFieldValue<byte[]>(0)] = reader.GetInt64(1);
        }
        if (operands.Length > 0)
        {
            await reader.NextResultAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
                states[reader.GetFieldValue<byte[]>(0)] = new(
                    reader.GetFieldValue<byte[]>(2), (KvEncoding)reader.GetInt16(3), reader.GetInt64(1),
                    await reader.IsDBNullAsync(4, cancellation) ? 0 : reader.GetInt64(4));
        }
        if (batch.Finishes.Count > 0)
        {
            await reader.NextResultAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
                tries[reader.GetInt64(0)] = reader.GetInt32(1);
        }
        return version;
    }

    public long FindVersion(ReadOnlyMemory<byte> key, long now) => versions.GetValueOrDefault(key);

    public KeyState Find(ReadOnlyMemory<byte> key, long now) => states.GetValueOrDefault(key);

    public bool Has(QueuedMessage message) => tries.TryGetValue(message.Id, out var attempt) && attempt == message.Attempt;

    static (byte[][] Checked, byte[][] Operands) Asked(WriteBatch batch)
    {
        var keys = new HashSet<ReadOnlyMemory<byte>>(KeyComparer.Instance);
        var operands = new HashSet<ReadOnlyMemory<byte>>(KeyComparer.Instance);
        foreach (var pending in batch.Writes)
        {
            foreach (var check in pending.Write.Checks)
                keys.Add(check.Key);
            foreach (var mutation in pending.Write.Mutations)
                if (mutation.Kind is MutationKind.Sum or MutationKind.Min or MutationKind.Max)
                    operands.Add(mutation.Key);
        }
        return ([.. keys.Select(key => key.ToArray())], [.. operands.Select(key => key.ToArray())]);
    }
}

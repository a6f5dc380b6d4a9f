using System.Buffers.Binary;
using System.Text;
using Islet.Kv;
using Islet.Kv.Engine;
using Islet.Kv.Wire;

namespace Islet.Tests.Kv;

/// <summary>Short words for writes and reads. Keys are letters: the engine does not ask what a key's bytes mean.</summary>
static class KvKit
{
    public static byte[] Key(string key) => Encoding.UTF8.GetBytes(key);

    public static Check Absent(string key) => new(Key(key), null);

    public static Check At(string key, long version) => new(Key(key), version);

    public static Mutation Set(string key, string value, long expireAt = 0) => new(MutationKind.Set, Key(key), Key(value), KvEncoding.Bytes, expireAt);

    public static Mutation Delete(string key) => new(MutationKind.Delete, Key(key), default, default, 0);

    public static Mutation U64(MutationKind kind, string key, ulong operand) => new(kind, Key(key), Bytes(operand), KvEncoding.LittleEndian64, 0);

    public static Enqueue Message(string payload, long deadline = 0, uint[]? backoff = null, params string[] keys) =>
        new(Key(payload), deadline, [.. keys.Select(key => (ReadOnlyMemory<byte>)Key(key))], backoff ?? []);

    public static ReadRange Range(string start, string end, int limit = 100, bool reverse = false) => new(Key(start), Key(end), limit, reverse);

    public static async Task<CommitResult> WriteAsync(this KvDatabase database, Check[] checks, params Mutation[] mutations) =>
        await database.WriteAsync(new AtomicWrite(checks, mutations, []), default);

    public static Task<CommitResult> WriteAsync(this KvDatabase database, params Mutation[] mutations) => database.WriteAsync([], mutations);

    public static async Task<CommitResult> EnqueueAsync(this KvDatabase database, params Enqueue[] messages) =>
        await database.WriteAsync(new AtomicWrite([], [], messages), default);

    /// <summary>What such a write is refused for.</summary>
    public static async Task<string> RefusedAsync(this KvDatabase database, params Mutation[] mutations) =>
        (await Should.ThrowAsync<KvException>(() => database.WriteAsync(mutations))).Message;

    public static async Task<List<List<KvEntry>>> ReadAsync(this KvDatabase database, params ReadRange[] ranges)
    {
        var found = new EntryList();
        await database.ReadAsync(ranges, found, default);
        found.Ranges.Count.ShouldBe(ranges.Length);
        return found.Ranges;
    }

    public static async Task<KvEntry?> GetAsync(this KvDatabase database, string key) => (await database.GetAllAsync(key))[0];

    /// <summary>All from one state.</summary>
    public static async Task<List<KvEntry?>> GetAllAsync(this KvDatabase database, params string[] keys) =>
        (await database.ReadAsync([.. keys.Select(key => WatchMessage.RangeOf(Key(key)))])).ConvertAll(range => range.SingleOrDefault());

    public static async Task<string?> TextAsync(this KvDatabase database, string key) =>
        await database.GetAsync(key) is { } entry ? Text(entry.Value) : null;

    /// <summary>The keys of a range, in the order they came.</summary>
    public static async Task<string> KeysAsync(this KvDatabase database, ReadRange range) =>
        string.Join(' ', (await database.ReadAsync(range))[0].Select(entry => Text(entry.Key)));

    public static async Task<ulong?> NumberAsync(this KvDatabase database, string key) =>
        await database.GetAsync(key) is { } entry ? Number(entry) : null;

    public static ulong Number(KvEntry entry) => BinaryPrimitives.ReadUInt64LittleEndian(entry.Value.Span);

    public static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    static byte[] Bytes(ulong number)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        return bytes;
    }
}

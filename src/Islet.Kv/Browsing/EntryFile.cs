using System.Buffers.Binary;
using System.Collections.Concurrent;
using Islet.Contracts;
using Islet.Kv.Engine;
using Islet.Kv.Wire;

namespace Islet.Kv.Browsing;

/// <summary>
/// Entries on their way to a client that may be slow: a file without a name, so that neither memory nor a snapshot of the
/// database is held for it. One at a time for an organization, few for all.
/// </summary>
public sealed class EntryFile : IEntrySink, IDisposable
{
    const int AtOnce = 8;
    const long MostBytes = 8L << 30;
    const int Head = 2 * sizeof(int) + sizeof(byte) + (2 * sizeof(long));
    const int Buffer = 128 * 1024;

    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);
    static readonly SemaphoreSlim Turns = new(AtOnce);
    static readonly ConcurrentDictionary<OrganizationId, bool> Takers = new();

    readonly byte[] head = new byte[Head];
    readonly OrganizationId taker;
    readonly FileStream file;
    bool disposed;

    EntryFile(OrganizationId taker, string path)
    {
        this.taker = taker;
        file = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, Buffer);
        File.Delete(path); // the open file is enough, and nothing is left behind by a crash
    }

    public long Length => file.Length;

    /// <summary>Null: the organization has one, or there are too many.</summary>
    internal static async Task<EntryFile?> MakeAsync(OrganizationId taker, string directory, CancellationToken cancellation)
    {
        if (!Takers.TryAdd(taker, true))
            return null;
        var hasTurn = false;
        EntryFile? made = null;
        try
        {
            hasTurn = await Turns.WaitAsync(LongestWait, cancellation);
            return hasTurn ? made = new(taker, Path.Combine(directory, Path.GetRandomFileName())) : null;
        }
        finally
        {
            if (made is null)
                Leave(taker, hasTurn);
        }
    }

    /// <summary>Once, in the order of the keys.</summary>
    public IEnumerable<KvEntry> Read()
    {
        while (file.ReadAtLeast(head, Head, throwOnEndOfStream: false) == Head)
        {
            var key = new byte[BinaryPrimitives.ReadInt32LittleEndian(head)];
            var value = new byte[BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(4))];
            var (encoding, version) = ((KvEncoding)head[8], BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(9)));
            var expireAt = BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(17));
            file.ReadExactly(key);
            file.ReadExactly(value);
            yield return new(key, value, encoding, version, expireAt);
        }
    }

    void IEntrySink.BeginRange()
    {
        // there is one
    }

    void IEntrySink.Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, KvEncoding encoding, long version, long expireAt)
    {
        if (file.Position > MostBytes)
            throw new KvException($"There are more than {MostBytes} bytes: take them in parts, each with a prefix of its own.");
        BinaryPrimitives.WriteInt32LittleEndian(head, key.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4), value.Length);
        head[8] = (byte)encoding;
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(9), version);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(17), expireAt);
        file.Write(head);
        file.Write(key);
        file.Write(value);
    }

    internal void Rewind() => file.Position = 0;

    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        file.Dispose();
        Leave(taker, hasTurn: true);
    }

    static void Leave(OrganizationId taker, bool hasTurn)
    {
        Takers.TryRemove(taker, out _);
        if (hasTurn)
            Turns.Release();
    }
}

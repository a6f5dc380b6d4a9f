using System.Buffers;
using System.Buffers.Binary;
using Islet.Kv.Engine;
using Islet.Kv.Engine.Changes;
using Islet.Kv.Wire;

namespace Islet.Kv.Backups;

/// <summary>The messages inside of a backup's objects (denoland/denokv, proto/schema/backup.proto).</summary>
static class BackupMessages
{
    const int MetadataBytes = Versionstamp.Length + 1 + sizeof(long);
    const ulong KindSet = 1, KindClear = 2;

    /// <summary>BackupSnapshotRange: keys behind a <c>d</c> with values, then the same keys behind an <c>m</c> with what is known of them.</summary>
    public static byte[] Snapshot(IReadOnlyList<StoredEntry> entries)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var entry in entries)
            Pair(output, 1, (byte)'d', entry.Key.Span, entry.State.Value.Span);
        Span<byte> metadata = stackalloc byte[MetadataBytes];
        foreach (var entry in entries)
        {
            Versionstamp.Write(metadata, entry.State.Version);
            metadata[Versionstamp.Length] = (byte)entry.State.Encoding;
            BinaryPrimitives.WriteInt64LittleEndian(metadata[(Versionstamp.Length + 1)..], entry.State.ExpireAt == 0 ? -1 : entry.State.ExpireAt);
            Pair(output, 2, (byte)'m', entry.Key.Span, metadata);
        }
        return output.WrittenSpan.ToArray();
    }

    /// <summary>BackupMutationRange.</summary>
    public static byte[] Log(ChangeSegment segment)
    {
        var output = new ArrayBufferWriter<byte>();
        var one = new ArrayBufferWriter<byte>();
        foreach (var row in segment.Rows)
        {
            one.ResetWrittenCount();
            ProtoWriter.Bytes(one, 1, BackupNames.Stamp(row));
            ProtoWriter.Number(one, 2, row.IsDeletion ? KindClear : KindSet);
            ProtoWriter.Bytes(one, 3, row.Key.Span);
            if (!row.IsDeletion)
            {
                ProtoWriter.Bytes(one, 4, row.State.Value.Span);
                ProtoWriter.Number(one, 5, (ulong)row.State.Encoding);
                ProtoWriter.Number(one, 6, (ulong)row.State.ExpireAt);
            }
            ProtoWriter.Bytes(output, 1, one.WrittenSpan);
        }
        ProtoWriter.Number(output, 2, (ulong)segment.At);
        return output.WrittenSpan.ToArray();
    }

    /// <exception cref="KvException">They are no such message.</exception>
    public static List<StoredEntry> ReadSnapshot(ReadOnlyMemory<byte> message)
    {
        var (data, metadata) = (new List<(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value)>(), new List<(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value)>());
        var reader = new ProtoReader(message);
        while (reader.Next())
            (reader.Field == 1 ? data : metadata).Add(ReadPair(reader.Bytes()));
        if (data.Count != metadata.Count)
            throw ProtoReader.Malformed();
        var entries = new List<StoredEntry>(data.Count);
        for (var index = 0; index < data.Count; index++)
        {
            var key = data[index].Key;
            var known = metadata[index].Value.Span;
            if (known.Length < MetadataBytes || key.Length < 2 || !key.Span[1..].SequenceEqual(metadata[index].Key.Span[1..]))
                throw ProtoReader.Malformed();
            var expires = BinaryPrimitives.ReadInt64LittleEndian(known[(Versionstamp.Length + 1)..]);
            entries.Add(new(key[1..], new(data[index].Value, (KvEncoding)known[Versionstamp.Length], Versionstamp.Read(known[..Versionstamp.Length]), Math.Max(expires, 0))));
        }
        return entries;
    }

    /// <exception cref="KvException">They are no such message.</exception>
    public static ChangeSegment ReadLog(ReadOnlyMemory<byte> message)
    {
        var rows = new List<ChangeRow>();
        var at = 0L;
        var reader = new ProtoReader(message);
        while (reader.Next())
            if (reader.Field == 1)
                rows.Add(ReadRow(reader.Bytes()));
            else if (reader.Field == 2)
                at = (long)reader.Number();
            else
                reader.Skip();
        return new(rows, at);
    }

    static void Pair(ArrayBufferWriter<byte> output, int field, byte kind, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        ProtoWriter.Begin(output, field, ProtoWriter.SizeOfBytes(key.Length + 1) + ProtoWriter.SizeOfBytes(value.Length));
        ProtoWriter.Begin(output, 1, key.Length + 1);
        output.Write([kind]);
        output.Write(key);
        ProtoWriter.Bytes(output, 2, value);
    }

    static (ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value) ReadPair(ReadOnlyMemory<byte> message)
    {
        ReadOnlyMemory<byte> key = default, value = default;
        var reader = new ProtoReader(message);
        while (reader.Next())
            if (reader.Field == 1)
                key = reader.Bytes();
            else if (reader.Field == 2)
                value = reader.Bytes();
            else
                reader.Skip();
        return key.Length > 0 ? (key, value) : throw ProtoReader.Malformed();
    }

    static ChangeRow ReadRow(ReadOnlyMemory<byte> message)
    {
        ReadOnlyMemory<byte> stamp = default, key = default, value = default;
        var (kind, encoding, expires) = (0UL, 0UL, 0UL);
        var reader = new ProtoReader(message);
        while (reader.Next())
            switch (reader.Field)
            {
                case 1:
                    stamp = reader.Bytes();
                    break;
                case 2:
                    kind = reader.Number();
                    break;
                case 3:
                    key = reader.Bytes();
                    break;
                case 4:
                    value = reader.Bytes();
                    break;
                case 5:
                    encoding = reader.Number();
                    break;
                case 6:
                    expires = reader.Number();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        if (stamp.Length != Versionstamp.Length + 2 || key.Length == 0 || kind is not (KindSet or KindClear))
            throw ProtoReader.Malformed();
        var version = Versionstamp.Read(stamp.Span[..Versionstamp.Length]);
        var sequence = BinaryPrimitives.ReadUInt16BigEndian(stamp.Span[Versionstamp.Length..]);
        return new(version, sequence, key, kind == KindClear ? default : new(value, (KvEncoding)encoding, version, (long)expires));
    }
}

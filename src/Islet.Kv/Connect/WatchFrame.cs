using System.Buffers;
using System.Buffers.Binary;
using Islet.Kv.Engine;
using Islet.Kv.Wire;

namespace Islet.Kv.Connect;

/// <summary>A frame of a watch stream: its length in four bytes, little end first, and the message WatchOutput with all keys.</summary>
static class WatchFrame
{
    const int Success = 1;

    public static void Write(IBufferWriter<byte> output, EntryList entries)
    {
        var size = ProtoWriter.SizeOfNumber(Success);
        foreach (var range in entries.Ranges)
            size += ProtoWriter.SizeOfBytes(SizeOf(range));
        BinaryPrimitives.WriteUInt32LittleEndian(output.GetSpan(sizeof(uint)), (uint)size);
        output.Advance(sizeof(uint));
        ProtoWriter.Number(output, 1, Success);
        foreach (var range in entries.Ranges)
        {
            ProtoWriter.Begin(output, 2, SizeOf(range));
            ProtoWriter.Number(output, 1, 1); // changed; the client drops what it knows
            if (range is not [var entry])
                continue;
            ProtoWriter.Begin(output, 2, SizeOf(entry));
            EntryEncoding.Write(output, entry.Key.Span, entry.Value.Span, entry.Encoding, entry.Version);
        }
    }

    static int SizeOf(List<KvEntry> range) =>
        ProtoWriter.SizeOfNumber(1) + (range is [var entry] ? ProtoWriter.SizeOfBytes(SizeOf(entry)) : 0);

    static int SizeOf(KvEntry entry) => EntryEncoding.SizeOf(entry.Key.Span, entry.Value.Span, entry.Encoding);
}

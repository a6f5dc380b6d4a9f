using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Islet.Gateway.Names;

/// <summary>
/// Writes one message. Owners are compressed against owners before them; names in data stay written out, which every
/// reader accepts.
/// </summary>
sealed class DnsWriter
{
    const int MaxMessage = ushort.MaxValue;

    readonly ArrayBufferWriter<byte> message = new(512);
    readonly Dictionary<string, ushort> suffixes = new(StringComparer.Ordinal);

    /// <summary>A question of our own to a server.</summary>
    public static byte[] Query(ushort id, DnsQuestion question, bool checkingDisabled, bool edns, bool secure)
    {
        var writer = new DnsWriter();
        writer.Header(new(id, (ushort)(DnsHeader.RecursionDesired | (checkingDisabled ? DnsHeader.CheckingDisabled : 0)), 1, 0, 0, (ushort)(edns ? 1 : 0)));
        writer.Question(question);
        if (edns)
            writer.Opt(secure);
        return writer.message.WrittenSpan.ToArray();
    }

    /// <summary>
    /// The answer to a slot's query. What does not fit into <paramref name="limit"/> bytes becomes an answer without
    /// records and with the TC bit: the slot asks again by TCP.
    /// </summary>
    /// <param name="age">Seconds since the server was asked: they are taken off all TTLs.</param>
    public static byte[] Answer(DnsQuery query, DnsAnswer answer, uint age, int limit)
    {
        var writer = new DnsWriter();
        writer.Header(new(
            query.Id, Flags(query.Flags, answer.Code), 1, (ushort)answer.Answers.Count, (ushort)answer.Authorities.Count,
            (ushort)(answer.Additionals.Count + (query.HasOpt ? 1 : 0))));
        writer.Question(query.Question);
        writer.Records(answer.Answers, age);
        writer.Records(answer.Authorities, age);
        writer.Records(answer.Additionals, age);
        if (query.HasOpt)
            writer.Opt(query.Secure);
        if (writer.message.WrittenCount <= Math.Min(limit, MaxMessage))
            return writer.message.WrittenSpan.ToArray();

        var cut = new DnsWriter();
        cut.Header(new(query.Id, (ushort)(Flags(query.Flags, answer.Code) | DnsHeader.Truncated), 1, 0, 0, (ushort)(query.HasOpt ? 1 : 0)));
        cut.Question(query.Question);
        if (query.HasOpt)
            cut.Opt(query.Secure);
        return cut.message.WrittenSpan.ToArray();
    }

    /// <summary>To what could not be read: the header alone.</summary>
    public static byte[] Error(ReadOnlySpan<byte> query, DnsCode code)
    {
        var reader = new DnsReader(query);
        DnsHeader.TryRead(ref reader, out var header);
        var writer = new DnsWriter();
        writer.Header(new(header.Id, (ushort)(Flags(header.Flags, code) | (header.Flags & 0x7800)), 0, 0, 0, 0));
        return writer.message.WrittenSpan.ToArray();
    }

    static ushort Flags(ushort query, DnsCode code) => (ushort)(DnsHeader.Response | DnsHeader.RecursionAvailable
        | (query & (DnsHeader.RecursionDesired | DnsHeader.CheckingDisabled)) | (ushort)code);

    void Header(DnsHeader header)
    {
        UInt16(header.Id);
        UInt16(header.Flags);
        UInt16(header.Questions);
        UInt16(header.Answers);
        UInt16(header.Authorities);
        UInt16(header.Additionals);
    }

    void Question(DnsQuestion question)
    {
        Name(question.Name);
        UInt16(question.Type);
        UInt16(question.Class);
    }

    void Records(IReadOnlyList<DnsRecord> records, uint age)
    {
        foreach (var record in records)
        {
            Name(record.Owner);
            UInt16(record.Type);
            UInt16(record.Class);
            UInt32(record.Ttl > age ? record.Ttl - age : 0);
            UInt16((ushort)record.Data.Length);
            message.Write(record.Data);
        }
    }

    /// <summary>Root, 41, the size we take, no extended code, version 0, the DO bit, no options.</summary>
    void Opt(bool secure)
    {
        message.Write<byte>([0]);
        UInt16(DnsType.Opt);
        UInt16(Upstream.UdpSize);
        UInt32(secure ? 0x8000u : 0);
        UInt16(0);
    }

    void Name(DnsName name)
    {
        var wire = name.Wire;
        while (wire[0] != 0)
        {
            var suffix = Encoding.Latin1.GetString(wire);
            if (suffixes.TryGetValue(suffix, out var offset))
            {
                UInt16((ushort)(0xC000 | offset));
                return;
            }

            if (message.WrittenCount < 0x4000)
                suffixes[suffix] = (ushort)message.WrittenCount;
            message.Write(wire[..(wire[0] + 1)]);
            wire = wire[(wire[0] + 1)..];
        }

        message.Write<byte>([0]);
    }

    void UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(message.GetSpan(2), value);
        message.Advance(2);
    }

    void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(message.GetSpan(4), value);
        message.Advance(4);
    }
}

using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Islet.Gateway.Names;

/// <param name="Data">Names in it are uncompressed, so that it can be written into another message.</param>
readonly record struct DnsRecord(DnsName Owner, ushort Type, ushort Class, uint Ttl, byte[] Data)
{
    /// <summary>Of an A or AAAA record; null when its length is another.</summary>
    public IPAddress? Address => (Type, Data.Length) is (DnsType.A, 4) or (DnsType.Aaaa, 16) ? new(Data) : null;
}

/// <summary>What a server said: its code and its records, without those about the message itself (OPT, TSIG).</summary>
sealed record DnsAnswer(
    DnsCode Code, IReadOnlyList<DnsRecord> Answers, IReadOnlyList<DnsRecord> Authorities, IReadOnlyList<DnsRecord> Additionals)
{
    public static DnsAnswer Of(DnsCode code) => new(code, [], [], []);

    /// <summary>
    /// Reads the answer to <paramref name="question"/>; false for anything else, and for what cannot be read to its last
    /// record. A truncated one has only its header read.
    /// </summary>
    public static bool TryRead(
        ReadOnlySpan<byte> message, ushort id, DnsQuestion question, out bool truncated, [NotNullWhen(true)] out DnsAnswer? answer)
    {
        (answer, truncated) = (null, false);
        var reader = new DnsReader(message);
        if (!DnsHeader.TryRead(ref reader, out var header) || !header.IsResponse || header.Id != id || header.Opcode != 0 || header.Questions > 1)
            return false;
        if (header.Questions == 1)
        {
            if (DnsQuestion.Read(ref reader) is not { } echoed || !echoed.Same(question))
                return false;
        }
        else if (header.Code is DnsCode.NoError or DnsCode.NoSuchName)
        {
            return false; // only a server that could not read the question may leave it out
        }

        if (header.IsTruncated)
        {
            (truncated, answer) = (true, Of(header.Code));
            return true;
        }

        if (!TryRecords(ref reader, message, header.Answers, out var answers)
            || !TryRecords(ref reader, message, header.Authorities, out var authorities)
            || !TryRecords(ref reader, message, header.Additionals, out var additionals))
            return false;
        answer = new(header.Code, answers, authorities, additionals);
        return true;
    }

    static bool TryRecords(ref DnsReader reader, ReadOnlySpan<byte> message, int count, out List<DnsRecord> records)
    {
        records = [];
        for (var index = 0; index < count; index++)
        {
            if (!reader.TryName(out var owner) || !reader.TryUInt16(out var type) || !reader.TryUInt16(out var @class)
                || !reader.TryUInt32(out var ttl) || !reader.TryUInt16(out var length))
                return false;
            var start = reader.Position;
            if (!reader.TryBytes(length, out var data))
                return false;
            if (type is DnsType.Opt or DnsType.Tsig)
                continue;
            if (Expand(message, start, data, type) is not { } expanded)
                return false;

            // a TTL with its highest bit set is 0 (RFC 2181 8)
            records.Add(new(owner, type, @class, ttl > int.MaxValue ? 0 : ttl, expanded));
        }

        return true;
    }

    /// <summary>Names in the data of the types that may compress them (RFC 3597 4) are written out; null: malformed.</summary>
    static byte[]? Expand(ReadOnlySpan<byte> message, int start, ReadOnlySpan<byte> data, ushort type)
    {
        var (before, names, behind) = type switch
        {
            DnsType.Ns or 3 or 4 or DnsType.Cname or 7 or 8 or 9 or DnsType.Ptr or DnsType.Dname => (0, 1, 0),
            DnsType.Soa => (0, 2, 20),
            14 or 17 => (0, 2, 0),
            DnsType.Mx or 18 or 21 or 36 => (2, 1, 0),
            26 => (2, 2, 0),
            DnsType.Srv => (6, 1, 0),
            _ => (0, 0, -1),
        };
        if (behind < 0)
            return data.ToArray();

        var end = start + data.Length;
        var reader = new DnsReader(message[..end], start);
        if (!reader.TryBytes(before, out var head))
            return null;
        byte[] expanded = [.. head];
        for (var index = 0; index < names; index++)
        {
            if (!reader.TryName(out var name))
                return null;
            expanded = [.. expanded, .. name.Wire];
        }

        return reader.TryBytes(behind, out var tail) && reader.Left == 0 ? [.. expanded, .. tail] : null;
    }

    /// <summary>How long it may be kept: the shortest TTL, or what the SOA says about a no (RFC 2308 5); 0 is not at all.</summary>
    public uint Lifetime()
    {
        if (Code is not (DnsCode.NoError or DnsCode.NoSuchName))
            return 0;
        if (Answers.Count > 0 && Code == DnsCode.NoError)
            return Answers.Min(record => record.Ttl);
        foreach (var record in Authorities)
        {
            if (record.Type == DnsType.Soa)
                return Math.Min(record.Ttl, BinaryPrimitives.ReadUInt32BigEndian(record.Data.AsSpan(^4..)));
        }

        return 0;
    }
}

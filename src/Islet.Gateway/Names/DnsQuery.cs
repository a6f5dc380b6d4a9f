namespace Islet.Gateway.Names;

sealed record DnsQuestion(DnsName Name, ushort Type, ushort Class)
{
    public static DnsQuestion? Read(ref DnsReader reader) =>
        reader.TryName(out var name) && reader.TryUInt16(out var type) && reader.TryUInt16(out var @class) ? new(name, type, @class) : null;

    public bool Same(DnsQuestion other) => Type == other.Type && Class == other.Class && Name.Equals(other.Name);
}

/// <summary>What a slot asks.</summary>
/// <param name="UdpSize">Bytes it takes by UDP: 512, or what its OPT record says (RFC 6891 6.2.3).</param>
/// <param name="HasOpt">It speaks EDNS, so an answer may have an OPT record too.</param>
/// <param name="Secure">The DO bit (RFC 3225).</param>
sealed record DnsQuery(ushort Id, ushort Flags, DnsQuestion Question, int UdpSize, bool HasOpt, bool Secure)
{
    public const int MaxBytes = 4096;
    public const int LeastUdpSize = 512;
    const int MostUdpSize = 4096;

    /// <summary>
    /// False: it cannot be read; <paramref name="code"/> is the answer, or null when it is not even a question. A query
    /// has one question and, at most, OPT and signature records behind it.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out DnsQuery? query, out DnsCode? code)
    {
        (query, code) = (null, null);
        var reader = new DnsReader(message);
        if (!DnsHeader.TryRead(ref reader, out var header) || header.IsResponse)
            return false;
        code = DnsCode.FormatError;
        if (header.Opcode != 0)
        {
            code = DnsCode.NotImplemented;
            return false;
        }

        if (header is not { Questions: 1, Answers: 0, Authorities: 0, Additionals: <= 2 } || DnsQuestion.Read(ref reader) is not { } question)
            return false;

        var (size, hasOpt, secure) = (LeastUdpSize, false, false);
        for (var record = 0; record < header.Additionals; record++)
        {
            // an OPT record: root, 41, size, extended code and flags, options (RFC 6891 6.1.2)
            if (!reader.TryName(out var owner) || !reader.TryUInt16(out var type) || !reader.TryUInt16(out var udpSize)
                || !reader.TryUInt32(out var flags) || !reader.TryUInt16(out var length) || !reader.TryBytes(length, out _))
                return false;
            if (type != DnsType.Opt)
                continue;
            if (hasOpt || owner.Text.Length > 0)
                return false;
            (size, hasOpt, secure) = (Math.Clamp((int)udpSize, LeastUdpSize, MostUdpSize), true, (flags & 0x8000) != 0);
        }

        if (reader.Left > 0)
            return false;
        query = new(header.Id, header.Flags, question, size, hasOpt, secure);
        return true;
    }
}

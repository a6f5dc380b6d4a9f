namespace Islet.Gateway.Names;

/// <summary>
/// The first twelve bytes (RFC 1035 4.1.1): id, flags, and how many questions, answers, authorities and additional
/// records follow. Flags: QR 1, opcode 4, AA 1, TC 1, RD 1, RA 1, Z 1, AD 1, CD 1, rcode 4 bits.
/// </summary>
readonly record struct DnsHeader(ushort Id, ushort Flags, ushort Questions, ushort Answers, ushort Authorities, ushort Additionals)
{
    public const int Size = 12;
    public const ushort Response = 0x8000;
    public const ushort Truncated = 0x0200;
    public const ushort RecursionDesired = 0x0100;
    public const ushort RecursionAvailable = 0x0080;
    public const ushort CheckingDisabled = 0x0010;

    public bool IsResponse => (Flags & Response) != 0;

    public int Opcode => (Flags >> 11) & 0xF;

    public bool IsTruncated => (Flags & Truncated) != 0;

    public DnsCode Code => (DnsCode)(Flags & 0xF);

    public static bool TryRead(ref DnsReader reader, out DnsHeader header)
    {
        header = default;
        if (!reader.TryUInt16(out var id) || !reader.TryUInt16(out var flags) || !reader.TryUInt16(out var questions)
            || !reader.TryUInt16(out var answers) || !reader.TryUInt16(out var authorities) || !reader.TryUInt16(out var additionals))
            return false;
        header = new(id, flags, questions, answers, authorities, additionals);
        return true;
    }
}

/// <summary>What an answer says about itself; other numbers pass as they are.</summary>
enum DnsCode : byte
{
    NoError = 0,
    FormatError = 1,
    ServerFailure = 2,
    NoSuchName = 3,
    NotImplemented = 4,
    Refused = 5,
}

/// <summary>Numbers of record types that are treated in some way; all others pass.</summary>
static class DnsType
{
    public const ushort A = 1;
    public const ushort Ns = 2;
    public const ushort Cname = 5;
    public const ushort Soa = 6;
    public const ushort Ptr = 12;
    public const ushort Mx = 15;
    public const ushort Txt = 16;
    public const ushort Aaaa = 28;
    public const ushort Srv = 33;
    public const ushort A6 = 38;
    public const ushort Dname = 39;
    public const ushort Opt = 41;
    public const ushort Svcb = 64;
    public const ushort Https = 65;
    public const ushort Tsig = 250;
    public const ushort Ixfr = 251;
    public const ushort Axfr = 252;
    public const ushort Any = 255;

    public const ushort Internet = 1;

    /// <summary>For a log; hostile numbers stay numbers (RFC 3597 5).</summary>
    public static string Spell(ushort type) => type switch
    {
        A => "A",
        Ns => "NS",
        Cname => "CNAME",
        Soa => "SOA",
        Ptr => "PTR",
        Mx => "MX",
        Txt => "TXT",
        Aaaa => "AAAA",
        Srv => "SRV",
        Svcb => "SVCB",
        Https => "HTTPS",
        _ => $"TYPE{type}",
    };
}

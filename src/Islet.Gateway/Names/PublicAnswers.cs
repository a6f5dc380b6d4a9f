using System.Net;
using Islet.Contracts;

namespace Islet.Gateway.Names;

/// <summary>
/// Takes out of an answer what names an address that is not public: a name of the outside must not lead inside
/// (DNS rebinding). The connection is checked once more; this is the earlier of two walls.
/// </summary>
static class PublicAnswers
{
    const ushort Ipv4Hint = 4;
    const ushort Ipv6Hint = 6;

    /// <param name="removed">The owners of removed records, each once.</param>
    public static DnsAnswer Of(DnsAnswer answer, out IReadOnlyList<DnsName> removed)
    {
        var names = new HashSet<DnsName>();
        var kept = answer with
        {
            Answers = Keep(answer.Answers, names),
            Authorities = Keep(answer.Authorities, names),
            Additionals = Keep(answer.Additionals, names),
        };
        removed = [.. names];
        return names.Count == 0 ? answer : kept;
    }

    static List<DnsRecord> Keep(IReadOnlyList<DnsRecord> records, HashSet<DnsName> removed)
    {
        var kept = new List<DnsRecord>(records.Count);
        foreach (var record in records)
        {
            if (IsPublic(record))
                kept.Add(record);
            else
                removed.Add(record.Owner);
        }

        return kept;
    }

    static bool IsPublic(DnsRecord record) => record.Type switch
    {
        DnsType.A or DnsType.Aaaa => record.Address is { } address && PublicAddress.Is(address),
        DnsType.A6 => false, // part of an address; nobody has asked for one since RFC 6563
        DnsType.Svcb or DnsType.Https => HasPublicHints(record.Data),
        _ => true,
    };

    /// <summary>
    /// Priority, target, then key, length, value (RFC 9460 2.2). Whoever follows a service without its hints asks for
    /// the target's addresses, but a record may declare them mandatory: one with a bad hint goes as a whole.
    /// </summary>
    static bool HasPublicHints(byte[] data)
    {
        var reader = new DnsReader(data);
        if (!reader.TryUInt16(out _) || !TryTarget(ref reader))
            return false;
        while (reader.Left > 0)
        {
            if (!reader.TryUInt16(out var key) || !reader.TryUInt16(out var length) || !reader.TryBytes(length, out var value))
                return false;
            var size = key switch { Ipv4Hint => 4, Ipv6Hint => 16, _ => 0 };
            if (size == 0)
                continue;
            if (value.Length % size != 0)
                return false;
            for (; value.Length > 0; value = value[size..])
                if (!PublicAddress.Is(new IPAddress(value[..size])))
                    return false;
        }

        return true;
    }

    /// <summary>The target is never compressed.</summary>
    static bool TryTarget(ref DnsReader reader)
    {
        while (reader.TryByte(out var length))
        {
            if (length == 0)
                return true;
            if (length > DnsName.MaxLabel || !reader.TryBytes(length, out _))
                return false;
        }

        return false;
    }
}

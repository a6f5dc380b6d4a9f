using System.Text;

namespace Islet.Gateway.Names;

/// <summary>
/// A domain name as labels on the wire, without compression (RFC 1035 3.1): at most 255 bytes. Two names are the same
/// when they differ only in the case of letters (RFC 4343).
/// </summary>
sealed class DnsName(byte[] wire) : IEquatable<DnsName>
{
    public const int MaxBytes = 255;
    public const int MaxLabel = 63;

    string? text;

    public ReadOnlySpan<byte> Wire => wire;

    /// <summary>
    /// Lower case, labels with dots between them, no dot at the end; the root is empty. A byte that no host name has is
    /// <c>\DDD</c>, so that a strange name never looks like a common one.
    /// </summary>
    public string Text => text ??= Spell(wire);

    /// <summary>Letters, digits, hyphens and underscores only.</summary>
    public bool IsHostName => !Text.Contains('\\', StringComparison.Ordinal);

    /// <exception cref="FormatException">Not a host name.</exception>
    public static DnsName Of(string host)
    {
        var wire = new List<byte>(host.Length + 2);
        foreach (var label in host.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            if (label.Length > MaxLabel || !Ascii.IsValid(label))
                throw new FormatException($"'{host}' is not a host name");
            wire.Add((byte)label.Length);
            wire.AddRange(Encoding.ASCII.GetBytes(label));
        }

        wire.Add(0);
        return wire.Count <= MaxBytes ? new([.. wire]) : throw new FormatException($"'{host}' is not a host name");
    }

    public bool Equals(DnsName? other) => other is not null && Ascii.EqualsIgnoreCase(wire, other.Wire);

    public override bool Equals(object? obj) => Equals(obj as DnsName);

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Text);

    public override string ToString() => Text;

    static string Spell(byte[] wire)
    {
        var spelled = new StringBuilder(wire.Length);
        for (var at = 0; wire[at] != 0; at += wire[at] + 1)
        {
            if (at > 0)
                spelled.Append('.');
            foreach (var octet in wire.AsSpan(at + 1, wire[at]))
            {
                if (char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'-' or (byte)'_')
                    spelled.Append(char.ToLowerInvariant((char)octet));
                else
                    spelled.Append('\\').Append(octet.ToString("D3"));
            }
        }

        return spelled.ToString();
    }
}

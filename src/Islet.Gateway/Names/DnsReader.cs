using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Islet.Gateway.Names;

/// <summary>Reads a message that somebody hostile wrote: nothing is read behind its end, and nothing twice for ever.</summary>
ref struct DnsReader(ReadOnlySpan<byte> message, int position = 0)
{
    readonly ReadOnlySpan<byte> message = message;

    public int Position { get; private set; } = position;

    public readonly int Left => message.Length - Position;

    public bool TryByte(out byte value)
    {
        value = 0;
        if (Left < 1)
            return false;
        value = message[Position++];
        return true;
    }

    public bool TryUInt16(out ushort value)
    {
        if (!BinaryPrimitives.TryReadUInt16BigEndian(message[Position..], out value))
            return false;
        Position += 2;
        return true;
    }

    public bool TryUInt32(out uint value)
    {
        if (!BinaryPrimitives.TryReadUInt32BigEndian(message[Position..], out value))
            return false;
        Position += 4;
        return true;
    }

    public bool TryBytes(int count, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (count < 0 || Left < count)
            return false;
        bytes = message.Slice(Position, count);
        Position += count;
        return true;
    }

    /// <summary>
    /// A name, its pointers followed (RFC 1035 4.1.4). A pointer must lead before everything of this name that was read
    /// so far: names that turn in a circle do not exist then.
    /// </summary>
    public bool TryName([NotNullWhen(true)] out DnsName? name)
    {
        name = null;
        Span<byte> wire = stackalloc byte[DnsName.MaxBytes];
        var (length, at, lowest, behind) = (0, Position, Position, -1);
        while (at < message.Length)
        {
            int octet = message[at];
            if (octet == 0)
            {
                wire[length++] = 0;
                Position = behind < 0 ? at + 1 : behind;
                name = new(wire[..length].ToArray());
                return true;
            }

            if (octet <= DnsName.MaxLabel)
            {
                // one byte stays for the root
                if (at + 1 + octet > message.Length || length + 1 + octet + 1 > DnsName.MaxBytes)
                    return false;
                message.Slice(at, octet + 1).CopyTo(wire[length..]);
                length += octet + 1;
                at += octet + 1;
                continue;
            }

            if (octet < 0xC0 || at + 1 >= message.Length)
                return false;
            var target = ((octet & 0x3F) << 8) | message[at + 1];
            if (target < DnsHeader.Size || target >= lowest)
                return false;
            behind = behind < 0 ? at + 2 : behind;
            at = lowest = target;
        }

        return false;
    }
}

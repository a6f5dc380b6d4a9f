using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Islet.Edge.Tls;

/// <summary>
/// What a visitor's first message says (RFC 8446 section 4.1.2): the name it asks for and the keys it can verify. Nothing is
/// spent on whoever sends something else.
/// <code>
///   record      = 22 | version (2) | length (2) | part of a message           several make one message
///   message     = 1 | length (3) | version (2) | random (32) | session (1+n) | suites (2+n) | compressions (1+n) | extensions (2+n)
///   extension   = type (2) | length (2) | data
/// </code>
/// </summary>
/// <param name="Name">As it was sent, at most 255 bytes as Latin-1; empty: none.</param>
/// <param name="Ecdsa">Bits of the ECDSA keys that it can verify.</param>
sealed record ClientHello(string Name, IReadOnlyList<int> Ecdsa)
{
    /// <summary>Real ones have 0.2 to 2 KiB.</summary>
    const int MostBytes = 16 * 1024;
    const int MostRecords = 8;
    const int MostName = 255;

    const int ServerName = 0;
    const int SignatureAlgorithms = 13;
    const int SupportedVersions = 43;
    const int Tls13 = 0x0304;

    static readonly (int Scheme, int Bits)[] EcdsaSchemes = [(0x0403, 256), (0x0503, 384), (0x0603, 521)];

    public bool Verifies(int ecdsaBits) => ecdsaBits == 0 || Ecdsa.Contains(ecdsaBits);

    /// <param name="needed">When nothing is returned: how many bytes must be there before it is worth asking again; 0: this is no hello.</param>
    public static ClientHello? Read(in ReadOnlySequence<byte> bytes, out long needed)
    {
        var size = (int)Math.Min(bytes.Length, MostBytes + (MostRecords * 5));
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            bytes.Slice(0, size).CopyTo(buffer);
            needed = Unframe(buffer.AsSpan(0, size), out var message);
            return needed == size && message.Length > 0 ? Parse(message, ref needed) : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Joins records in their place. Gives the length it has, the one it wants, or 0.</summary>
    static int Unframe(Span<byte> wire, out ReadOnlySpan<byte> message)
    {
        message = default;
        var (at, length) = (0, 0);
        for (var records = 0; records < MostRecords; records++)
        {
            if (wire.Length > at && wire[at] != 22)
                return 0;
            if (wire.Length < at + 5)
                return at + 5;
            var part = BinaryPrimitives.ReadUInt16BigEndian(wire[(at + 3)..]);
            if (wire[at + 1] != 3 || part == 0 || length + part > MostBytes)
                return 0;
            if (wire.Length < at + 5 + part)
                return at + 5 + part;
            wire.Slice(at + 5, part).CopyTo(wire[length..]);
            (at, length) = (at + 5 + part, length + part);
            if (length < 4)
                continue;
            var whole = 4 + (wire[1] << 16 | wire[2] << 8 | wire[3]);
            if (wire[0] != 1 || whole > MostBytes)
                return 0;
            if (length >= whole)
            {
                message = wire[4..whole];
                return wire.Length;
            }
        }
        return 0;
    }

    static ClientHello? Parse(ReadOnlySpan<byte> message, ref long needed)
    {
        needed = 0;
        var fields = new Fields(message);
        fields.Skip(2 + 32);
        _ = fields.Vector(1);
        var suites = fields.Vector(2);
        _ = fields.Vector(1);
        var extensions = new Fields(fields.IsAtEnd ? default : fields.Vector(2));
        var (name, speaks13) = ("", false);
        ReadOnlySpan<byte> schemes = default;
        while (!extensions.IsAtEnd)
        {
            var type = extensions.Number(2);
            var data = new Fields(extensions.Vector(2));
            if (type == ServerName)
                name = NameOf(ref data);
            else if (type == SignatureAlgorithms)
                schemes = data.Vector(2);
            else if (type == SupportedVersions)
                speaks13 = Lists(data.Vector(1), Tls13);
            if (data.IsBroken)
                return null;
        }
        if (fields.IsBroken || extensions.IsBroken || name is null)
            return null;
        var ecdsa = new List<int>(EcdsaSchemes.Length);
        if (speaks13 || HasEcdsaSuite(suites))
            foreach (var (scheme, bits) in EcdsaSchemes)
                if (Lists(schemes, scheme))
                    ecdsa.Add(bits);
        return new(name, ecdsa);
    }

    // RFC 6066 section 3: a list of one host name. Null: it is none.
    static string? NameOf(ref Fields data)
    {
        var list = new Fields(data.Vector(2));
        var type = list.Number(1);
        var name = list.Vector(2);
        return !list.IsBroken && type == 0 && name.Length is > 0 and <= MostName ? Encoding.Latin1.GetString(name) : null;
    }

    // Up to TLS 1.2 the suite names the kind of key: RFC 8422 section 6, RFC 5289, RFC 7905.
    static bool HasEcdsaSuite(ReadOnlySpan<byte> suites)
    {
        foreach (var suite in (ReadOnlySpan<int>)[0xc02b, 0xc02c, 0xcca9, 0xc023, 0xc024, 0xc009, 0xc00a])
            if (Lists(suites, suite))
                return true;
        return false;
    }

    static bool Lists(ReadOnlySpan<byte> numbers, int number)
    {
        for (; numbers.Length >= 2; numbers = numbers[2..])
            if (BinaryPrimitives.ReadUInt16BigEndian(numbers) == number)
                return true;
        return false;
    }

    /// <summary>Reads on; beyond the end everything is empty and it is broken.</summary>
    ref struct Fields(ReadOnlySpan<byte> left)
    {
        ReadOnlySpan<byte> left = left;

        public bool IsBroken { get; private set; }

        public readonly bool IsAtEnd => left.IsEmpty;

        public void Skip(int count) => Take(count);

        public int Number(int bytes)
        {
            var number = 0;
            foreach (var digit in Take(bytes))
                number = number << 8 | digit;
            return number;
        }

        public ReadOnlySpan<byte> Vector(int lengthBytes) => Take(Number(lengthBytes));

        ReadOnlySpan<byte> Take(int count)
        {
            if (count > left.Length)
            {
                IsBroken = true;
                left = default;
                return default;
            }
            var taken = left[..count];
            left = left[count..];
            return taken;
        }
    }
}

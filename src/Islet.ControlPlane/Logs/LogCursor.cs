using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Islet.Contracts;

namespace Islet.ControlPlane.Logs;

/// <summary>
/// A place in one walk through the lines of a deployment: after the line (time, sequence), in the set of lines that
/// were stored when the walk began. Because of the last, lines that come in meanwhile shift nothing.
/// <para>It holds positions only, no right: what may be read is decided by the request. The checksum tells a cursor of
/// another deployment, order or program from one that was given out here.</para>
/// </summary>
/// <param name="Time">Microseconds since the epoch.</param>
/// <param name="Last">Highest sequence that belongs to the walk.</param>
public readonly record struct LogCursor(long Time, long Sequence, long Last)
{
    const byte Version = 1;
    const int PositionBytes = 1 + 3 * sizeof(long);
    const int CheckBytes = 8;
    const int Size = PositionBytes + CheckBytes;

    /// <summary>URL-safe text without padding, 44 characters.</summary>
    public string ToText(DeploymentId deployment, bool descending)
    {
        Span<byte> bytes = stackalloc byte[Size];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], Time);
        BinaryPrimitives.WriteInt64BigEndian(bytes[9..], Sequence);
        BinaryPrimitives.WriteInt64BigEndian(bytes[17..], Last);
        Check(bytes[..PositionBytes], deployment, descending, bytes[PositionBytes..]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>False for everything that <see cref="ToText"/> did not make for this deployment and order.</summary>
    public static bool TryParse(string text, DeploymentId deployment, bool descending, out LogCursor cursor)
    {
        cursor = default;
        Span<byte> bytes = stackalloc byte[Size];
        Span<byte> check = stackalloc byte[CheckBytes];
        if (text.Length != Base64Url.GetEncodedLength(Size)
            || !Base64Url.IsValid(text, out var size) || size != Size
            || !Base64Url.TryDecodeFromChars(text, bytes, out _)
            || bytes[0] != Version)
            return false;
        Check(bytes[..PositionBytes], deployment, descending, check);
        if (!check.SequenceEqual(bytes[PositionBytes..]))
            return false;

        cursor = new LogCursor(
            BinaryPrimitives.ReadInt64BigEndian(bytes[1..]),
            BinaryPrimitives.ReadInt64BigEndian(bytes[9..]),
            BinaryPrimitives.ReadInt64BigEndian(bytes[17..]));
        return true;
    }

    static void Check(ReadOnlySpan<byte> position, DeploymentId deployment, bool descending, Span<byte> check)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(position);
        hash.AppendData(descending ? "d"u8 : "a"u8);
        hash.AppendData(Encoding.UTF8.GetBytes(deployment.Value));
        Span<byte> whole = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(whole);
        whole[..CheckBytes].CopyTo(check);
    }
}

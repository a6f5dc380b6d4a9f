using System.Buffers.Binary;

namespace Islet.Kv.Wire;

/// <summary>
/// Ten bytes: the version of the database, big end first, and two zeros. Programs see 20 hexadecimal digits. Strictly
/// increasing per database, one per commit.
/// </summary>
static class Versionstamp
{
    public const int Length = 10;

    /// <summary>What no entry has: a versionstamp that this server never gave.</summary>
    public const long Never = -1;

    public static void Write(Span<byte> stamp, long version)
    {
        BinaryPrimitives.WriteInt64BigEndian(stamp, version);
        stamp[8..Length].Clear();
    }

    /// <exception cref="KvException">It has not ten bytes.</exception>
    public static long Read(ReadOnlySpan<byte> stamp)
    {
        if (stamp.Length != Length)
            throw new KvException("A versionstamp must have 10 bytes.");
        var version = BinaryPrimitives.ReadInt64BigEndian(stamp);
        return version > 0 && stamp[8] == 0 && stamp[9] == 0 ? version : Never; // 0 would be the version of what is not there
    }
}

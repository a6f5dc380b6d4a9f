using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Islet.Contracts;

namespace Islet.Kv.Connect;

/// <summary>
/// Tokens of the data path: signed, and good for a while without anybody being asked. A personal token that is revoked opens
/// nothing any more after <see cref="Life"/>.
/// <code>
///   base64url( database 16 | organization 16 | may write 1 | expires 8, Unix milliseconds | HMAC-SHA256 32 )
/// </code>
/// </summary>
public sealed class DataTokens(Func<byte[]> readKey, TimeProvider time)
{
    /// <summary>The npm client asks for a new one when less than five minutes are left.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(15);

    const int SignedBytes = 16 + 16 + 1 + 8;
    const int Bytes = SignedBytes + HMACSHA256.HashSizeInBytes;

    readonly Lazy<byte[]> key = new(readKey);

    public (string Token, DateTimeOffset ExpiresAt) Make(KvGrant grant)
    {
        var expiresAt = time.GetUtcNow() + Life;
        Span<byte> token = stackalloc byte[Bytes];
        grant.Database.TryWriteBytes(token);
        grant.Organization.Value.TryWriteBytes(token[16..]);
        token[32] = grant.MayWrite ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64BigEndian(token[33..], expiresAt.ToUnixTimeMilliseconds());
        HMACSHA256.HashData(key.Value, token[..SignedBytes], token[SignedBytes..]);
        return (Base64Url.EncodeToString(token), expiresAt);
    }

    /// <summary>Null: not ours, or expired.</summary>
    public KvGrant? Read(ReadOnlySpan<char> text)
    {
        Span<byte> token = stackalloc byte[Bytes];
        if (text.Length != Base64Url.GetEncodedLength(Bytes) || !Base64Url.TryDecodeFromChars(text, token, out var length) || length != Bytes)
            return null;
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key.Value, token[..SignedBytes], expected);
        if (!CryptographicOperations.FixedTimeEquals(expected, token[SignedBytes..]))
            return null;
        var expires = BinaryPrimitives.ReadInt64BigEndian(token[33..]);
        return expires > time.GetUtcNow().ToUnixTimeMilliseconds()
            ? new(new(token[..16]), new(new Guid(token[16..32])), null, token[32] != 0)
            : null;
    }
}

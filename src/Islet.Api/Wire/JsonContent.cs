using System.Buffers;
using System.Buffers.Text;
using Islet.ControlPlane.Assets;

namespace Islet.Api.Wire;

/// <summary>An asset's content inside a JSON string of the body; decoded anew each time it is copied.</summary>
sealed class JsonContent : AssetContent
{
    /// <summary>A multiple of four, the unit of base64.</summary>
    const int Piece = 64 * 1024;

    static readonly SearchValues<byte> Whitespace = SearchValues.Create(" \t\r\n"u8);

    readonly ReadOnlyMemory<byte> raw;
    readonly bool escaped;
    readonly bool base64;

    JsonContent(ReadOnlyMemory<byte> raw, bool escaped, bool base64) => (this.raw, this.escaped, this.base64) = (raw, escaped, base64);

    public override long Length => length;

    long length;

    /// <summary>Null when it does not decode.</summary>
    public static JsonContent? Create(ReadOnlyMemory<byte> raw, bool escaped, bool base64)
    {
        var content = new JsonContent(raw, escaped, base64);
        return content.TryDecode(destination: null, out content.length) ? content : null;
    }

    public override void CopyTo(Stream destination)
    {
        if (!TryDecode(destination, out _))
            throw new InvalidDataException("A content that decoded does not decode any more.");
    }

    bool TryDecode(Stream? destination, out long decoded)
    {
        decoded = raw.Length;
        if (escaped || base64)
            return TryDecodePieces(destination, out decoded);
        destination?.Write(raw.Span);
        return true;
    }

    bool TryDecodePieces(Stream? destination, out long decoded)
    {
        decoded = 0;
        var piece = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            var text = new JsonText(raw.Span);
            var offset = 0;
            while (true)
            {
                var count = NextPiece(ref text, ref offset, piece.AsSpan(0, Piece), out var last);
                if (text.Broken)
                    return false;
                if (base64 && !TryDecodeBase64(piece.AsSpan(0, count), last, out count))
                    return false;
                destination?.Write(piece.AsSpan(0, count));
                decoded += count;
                if (last)
                    return true;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <summary>Full pieces but for the last: a base64 unit is never cut.</summary>
    int NextPiece(ref JsonText text, ref int offset, Span<byte> piece, out bool last)
    {
        if (!escaped)
        {
            var count = Math.Min(piece.Length, raw.Length - offset);
            raw.Span.Slice(offset, count).CopyTo(piece);
            offset += count;
            last = offset == raw.Length;
            return count;
        }
        last = false;
        var filled = 0;
        while (filled < piece.Length)
        {
            var count = text.Read(piece[filled..]);
            filled += count;
            if (count > 0)
                continue;
            last = true;
            break;
        }
        return filled;
    }

    /// <summary>Strict: the standard alphabet with its padding and nothing else.</summary>
    static bool TryDecodeBase64(Span<byte> piece, bool last, out int count)
    {
        count = 0;
        return !piece.ContainsAny(Whitespace)
            && Base64.DecodeFromUtf8InPlace(piece, out count) == OperationStatus.Done
            && (last || count == Piece / 4 * 3);
    }
}

using System.Buffers;
using System.Buffers.Text;
using Islet.ControlPlane.Assets;

namespace Islet.Api.Wire;

/// <summary>An asset's content inside a JSON string of the body; decoded anew each time it is copied.</summary>
sealed class JsonContent : AssetContent
{
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
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            var piece = buffer.AsSpan(0, Piece);
            var text = new JsonText(raw.Span, escaped);
            var kept = 0;
            while (true)
            {
                var filled = kept + text.Read(piece[kept..]);
                if (text.Broken)
                    return false;

                // a base64 unit that is cut waits for the next piece
                var taken = base64 && !text.AtEnd ? filled & ~3 : filled;
                var count = taken;
                if (base64 && !TryDecodeBase64(piece[..taken], text.AtEnd, out count))
                    return false;
                destination?.Write(piece[..count]);
                decoded += count;
                if (text.AtEnd)
                    return true;
                piece[taken..filled].CopyTo(piece);
                kept = filled - taken;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Strict: the standard alphabet with its padding at the end and nothing else.</summary>
    static bool TryDecodeBase64(Span<byte> piece, bool last, out int count)
    {
        count = 0;
        var whole = piece.Length / 4 * 3;
        return !piece.ContainsAny(Whitespace)
            && Base64.DecodeFromUtf8InPlace(piece, out count) == OperationStatus.Done
            && (last || count == whole);
    }
}

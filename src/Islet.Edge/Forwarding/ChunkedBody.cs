namespace Islet.Edge.Forwarding;

/// <summary>
/// Strict reader of <c>chunked</c> (RFC 9112 section 7.1): hex size without extensions, CRLF everywhere. Framing is
/// checked before the bytes behind it are given out. Trailer lines are kept, at most <see cref="MaxTrailerSize"/> bytes.
/// </summary>
struct ChunkedBody
{
    public const int MaxTrailerSize = 8 * 1024;
    const int MaxSizeDigits = 15;

    enum State
    {
        Size,
        SizeLf,
        Data,
        DataCr,
        DataLf,
        TrailerStart,
        TrailerLine,
        TrailerLf,
        EndLf,
        Done,
    }

    State state;
    int digits;
    long size;
    List<byte>? trailer;

    public readonly bool Done => state == State.Done;

    /// <summary>The trailer section's lines with their line ends; null when it is empty.</summary>
    public readonly ReadOnlySpan<byte> Trailer => trailer is null ? default : System.Runtime.InteropServices.CollectionsMarshal.AsSpan(trailer);

    /// <summary>
    /// Takes framing from the front and stops behind the first piece of data. Returns the bytes taken; the piece is
    /// the last <paramref name="data"/> of them. Call again until nothing is left or <see cref="Done"/>.
    /// </summary>
    /// <exception cref="IsolateProtocolException"/>
    public int Take(ReadOnlySpan<byte> bytes, out int data)
    {
        data = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            var b = bytes[i];
            switch (state)
            {
                case State.Size:
                    if (HexValue(b) is >= 0 and var value && digits < MaxSizeDigits)
                        (size, digits) = ((size << 4) | (uint)value, digits + 1);
                    else
                        Expect(b == '\r' && digits > 0, State.SizeLf);
                    break;
                case State.SizeLf:
                    Expect(b == '\n', size == 0 ? State.TrailerStart : State.Data);
                    break;
                case State.Data:
                    data = (int)Math.Min(size, bytes.Length - i);
                    size -= data;
                    if (size == 0)
                        state = State.DataCr;
                    return i + data;
                case State.DataCr:
                    Expect(b == '\r', State.DataLf);
                    break;
                case State.DataLf:
                    Expect(b == '\n', State.Size);
                    digits = 0;
                    break;
                case State.TrailerStart when b == '\r':
                    state = State.EndLf;
                    break;
                case State.TrailerStart or State.TrailerLine:
                    Keep(b);
                    state = b == '\r' ? State.TrailerLf : State.TrailerLine;
                    break;
                case State.TrailerLf:
                    Keep(b);
                    Expect(b == '\n', State.TrailerStart);
                    break;
                case State.EndLf:
                    Expect(b == '\n', State.Done);
                    return i + 1;
                case State.Done:
                    return i;
            }
        }

        return bytes.Length;
    }

    void Expect(bool holds, State next)
    {
        if (!holds)
            throw new IsolateProtocolException("Bad chunk framing.");
        state = next;
    }

    void Keep(byte b)
    {
        trailer ??= [];
        if (trailer.Count == MaxTrailerSize || b is (byte)'\n' && state != State.TrailerLf)
            throw new IsolateProtocolException("A bad trailer.");
        trailer.Add(b);
    }

    static int HexValue(byte b) => b switch
    {
        >= (byte)'0' and <= (byte)'9' => b - '0',
        >= (byte)'a' and <= (byte)'f' => b - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => b - 'A' + 10,
        _ => -1,
    };
}

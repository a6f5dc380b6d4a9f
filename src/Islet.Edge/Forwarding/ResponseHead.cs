using System.Buffers;

namespace Islet.Edge.Forwarding;

/// <summary>
/// Strict parser of a response's head; RFC 9112 section 4 and 5, without the tolerances that section 2.2 allows.
/// One instance per link, filled anew by each head. Positions are offsets into the bytes that were parsed.
/// </summary>
sealed class ResponseHead
{
    /// <param name="Dropped">Hop-by-hop, or framing that is made anew.</param>
    public record struct Field(int NameStart, int NameLength, int ValueStart, int ValueLength, bool Dropped);

    const int MaxFields = 256;

    static readonly SearchValues<byte> TokenBytes = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"u8);

    static readonly SearchValues<byte> ControlBytes = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Where(c => c != '\t').Select(c => (byte)c), 0x7f]);

    Field[] fields = new Field[32];
    int count;

    public ReadOnlySpan<Field> Fields => fields.AsSpan(0, count);

    public int Status { get; private set; }

    /// <summary>-1: none was given.</summary>
    public long ContentLength { get; private set; }

    public bool Chunked { get; private set; }

    /// <summary>The connection is not to be used again.</summary>
    public bool Close { get; private set; }

    /// <summary><c>Connection: upgrade</c> with <c>Upgrade: websocket</c>.</summary>
    public bool UpgradesToWebSocket { get; private set; }

    /// <summary>Length of the head with its empty line; -1 when the bytes do not hold it yet.</summary>
    public static int FindEnd(ReadOnlySpan<byte> bytes, int alreadySearched)
    {
        var from = Math.Max(0, alreadySearched - 3);
        var at = bytes[from..].IndexOf("\r\n\r\n"u8);
        return at < 0 ? -1 : from + at + 4;
    }

    /// <exception cref="IsolateProtocolException"/>
    public void Parse(ReadOnlySpan<byte> head)
    {
        (count, ContentLength, Chunked, Close, UpgradesToWebSocket) = (0, -1, false, false, false);
        var lineEnd = head.IndexOf("\r\n"u8);
        ParseStatusLine(head[..lineEnd]);

        var at = lineEnd + 2;
        var hasConnection = false;
        var hasTransferEncoding = false;
        var upgrade = false;
        while (at < head.Length - 2)
        {
            var line = head[at..];
            line = line[..line.IndexOf("\r\n"u8)];
            ref var field = ref ParseField(head, at, line);
            switch (HopByHop.Of(head.Slice(field.NameStart, field.NameLength)))
            {
                case HopByHop.Kind.EndToEnd:
                    break;
                case HopByHop.Kind.ContentLength:
                    field.Dropped = true;
                    if (ContentLength >= 0)
                        throw new IsolateProtocolException("Two content-lengths.");
                    ContentLength = ParseLength(head.Slice(field.ValueStart, field.ValueLength));
                    break;
                case HopByHop.Kind.TransferEncoding:
                    field.Dropped = true;
                    if (hasTransferEncoding || !System.Text.Ascii.EqualsIgnoreCase(head.Slice(field.ValueStart, field.ValueLength), "chunked"u8))
                        throw new IsolateProtocolException("A transfer-encoding that is not chunked.");
                    hasTransferEncoding = true;
                    break;
                case HopByHop.Kind.Connection:
                    field.Dropped = true;
                    hasConnection = true;
                    break;
                case HopByHop.Kind.Upgrade:
                    field.Dropped = true;
                    upgrade = System.Text.Ascii.EqualsIgnoreCase(head.Slice(field.ValueStart, field.ValueLength), "websocket"u8);
                    break;
                case HopByHop.Kind.Drop:
                    field.Dropped = true;
                    break;
            }

            at += line.Length + 2;
        }

        if (hasTransferEncoding && (ContentLength >= 0 || Close))
            throw new IsolateProtocolException("A transfer-encoding beside a content-length, or in HTTP/1.0.");
        Chunked = hasTransferEncoding;
        if (hasConnection)
            ApplyConnection(head, upgrade);
    }

    // status-line = HTTP-version SP status-code SP [ reason-phrase ]; Close stands for HTTP/1.0 until the fields are read
    void ParseStatusLine(ReadOnlySpan<byte> line)
    {
        if (line.Length < 13 || !line.StartsWith("HTTP/1."u8) || line[7] is not ((byte)'0' or (byte)'1') || line[8] != ' ' || line[12] != ' '
            || line[9] is < (byte)'1' or > (byte)'9' || !IsDigit(line[10]) || !IsDigit(line[11]) || line[13..].ContainsAny(ControlBytes))
            throw new IsolateProtocolException("A bad status line.");
        Close = line[7] == '0';
        Status = ((line[9] - '0') * 100) + ((line[10] - '0') * 10) + line[11] - '0';
    }

    // field-line = field-name ":" OWS field-value OWS; a folded line begins with a blank, which is no token
    ref Field ParseField(ReadOnlySpan<byte> head, int at, ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[..colon].ContainsAnyExcept(TokenBytes))
            throw new IsolateProtocolException("A bad field name.");
        var start = colon + 1;
        var end = line.Length;
        while (start < end && line[start] is (byte)' ' or (byte)'\t')
            start++;
        while (end > start && line[end - 1] is (byte)' ' or (byte)'\t')
            end--;
        if (line[start..end].ContainsAny(ControlBytes))
            throw new IsolateProtocolException("A bad field value.");

        if (count == fields.Length)
        {
            if (count == MaxFields)
                throw new IsolateProtocolException("Too many fields.");
            Array.Resize(ref fields, count * 2);
        }

        fields[count] = new Field(at, colon, at + start, end - start, Dropped: false);
        return ref fields[count++];
    }

    static long ParseLength(ReadOnlySpan<byte> digits)
    {
        if (digits.Length is 0 or > 18 || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            throw new IsolateProtocolException("A bad content-length.");
        var value = 0L;
        foreach (var digit in digits)
            value = (value * 10) + digit - '0';
        return value;
    }

    void ApplyConnection(ReadOnlySpan<byte> head, bool upgrade)
    {
        for (var i = 0; i < count; i++)
        {
            var field = fields[i];
            if (HopByHop.Of(head.Slice(field.NameStart, field.NameLength)) != HopByHop.Kind.Connection)
                continue;
            var value = head.Slice(field.ValueStart, field.ValueLength);
            foreach (var range in value.Split((byte)','))
                ApplyOption(head, value[range].Trim(" \t"u8), upgrade);
        }
    }

    void ApplyOption(ReadOnlySpan<byte> head, ReadOnlySpan<byte> option, bool upgrade)
    {
        if (option.IsEmpty)
            return;
        if (System.Text.Ascii.EqualsIgnoreCase(option, "close"u8))
            Close = true;
        else if (upgrade && System.Text.Ascii.EqualsIgnoreCase(option, "upgrade"u8))
            UpgradesToWebSocket = true;
        foreach (ref var field in fields.AsSpan(0, count))
            field.Dropped |= System.Text.Ascii.EqualsIgnoreCase(head.Slice(field.NameStart, field.NameLength), option);
    }

    static bool IsDigit(byte b) => b is >= (byte)'0' and <= (byte)'9';
}

using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Islet.Api.Wire;
using Islet.Kv.Browsing;
using Islet.Kv.Keys;
using Islet.Kv.Values;
using Microsoft.AspNetCore.Http;

namespace Islet.Api.Islet;

/// <summary>Which entries are asked for. Keys are JSON; every problem is a <see cref="WireException"/> with the parameter's name.</summary>
sealed record EntryQuery(EntryRange Range, bool Descending, int Limit)
{
    const int MaxText = 8192;
    const int MaxLimit = 1000;

    public static EntryQuery Read(IQueryCollection query)
    {
        var parameters = new QueryParameters(query);
        var range = ReadPrefix(query)?.Range ?? EntryRange.Below([]);
        if (Key(parameters, "start") is { } start)
            range = range.From(start.Key);
        if (Key(parameters, "end") is { } end)
            range = range.Until(end.Key);
        var descending = parameters.Choice("order", ["asc", "desc"]) is "desc";
        if (parameters.Text("cursor", MaxText) is { } cursor)
            range = range.After(ReadCursor(cursor), descending);
        return new(range, descending, parameters.Integer("limit", 1, MaxLimit) ?? 100);
    }

    /// <summary>Null: it is not given. The text is for people.</summary>
    public static (EntryRange Range, string Text)? ReadPrefix(IQueryCollection query)
    {
        if (Key(new(query), "prefix") is not var (key, text))
            return null;
        return KvKey.Decode(key) is null ? throw new WireException("prefix", "must be an array of parts") : (EntryRange.Below(key), text);
    }

    public static (byte[] Key, string Text) ReadKey(IQueryCollection query)
    {
        var (key, text) = Key(new(query), "key") ?? throw new WireException("key", "is missing");
        return key.Length == 0 ? throw new WireException("key", "must have a part") : (key, text);
    }

    public static long? ReadStamp(IQueryCollection query) =>
        new QueryParameters(query).Text("versionstamp", MaxText) is { } stamp
            ? EntryJson.ReadStamp(stamp) ?? throw new WireException("versionstamp", "must be the 20 digits of an entry's")
            : null;

    public static string CursorOf(ReadOnlySpan<byte> key) => Base64Url.EncodeToString(key);

    static byte[] ReadCursor(string cursor)
    {
        try
        {
            return Base64Url.DecodeFromChars(cursor);
        }
        catch (FormatException)
        {
            throw new WireException("cursor", "must be one from the Link header of an earlier answer");
        }
    }

    static (byte[] Key, string Text)? Key(QueryParameters parameters, string name)
    {
        if (parameters.Text(name, MaxText) is not { } text)
            return null;
        try
        {
            using var json = JsonDocument.Parse(Encoding.UTF8.GetBytes(text));
            return (KvKeyJson.Read(json.RootElement, name), text);
        }
        catch (JsonException)
        {
            throw new WireException(name, "must be JSON, such as [\"users\",1]");
        }
        catch (KvJsonException problem)
        {
            throw problem.ToWire();
        }
    }
}

using System.Text.Json;
using Islet.Api.Wire;
using Islet.Contracts;
using Islet.Kv.Browsing;
using Islet.Kv.Values;
using Islet.Kv.Wire;

namespace Islet.Api.Islet;

/// <summary>What an entry shall be.</summary>
/// <param name="ExpireAt">Milliseconds since 1970; 0 is never.</param>
/// <param name="Version">What it must have been before, 0: nothing; null: anything.</param>
sealed record PutEntry(KvEncoding Encoding, byte[] Value, long ExpireAt, long? Version)
{
    /// <summary>Of the longest value with every byte escaped.</summary>
    public const int MaxBody = 1 << 20;

    /// <summary>As deep as values may be, and what is around them.</summary>
    public const int MaxDepth = 140;

    public static PutEntry Read(WireValue body)
    {
        var given = body.Object().Only("value", "expireAt", "versionstamp");
        var (encoding, value) = ReadValue(given.Required("value").Json(MaxDepth));
        return new(encoding, value, ReadExpiry(given.Optional("expireAt")?.Text(), "expireAt"), ReadVersion(given.Find("versionstamp")));
    }

    public Check[] Checks(byte[] key) => Version switch
    {
        null => [],
        0 => [new(key, null)],
        _ => [new(key, Version)],
    };

    /// <summary>RFC 3339; 0 when there is none.</summary>
    public static long ReadExpiry(string? text, string path) =>
        text is null ? 0
        : Rfc3339.TryParse(text, out var time) && time.ToUnixTimeMilliseconds() is > 0 and var at ? at
        : throw new WireException(path, "must be a date-time of RFC 3339, such as 2030-01-31T12:00:00Z");

    static (KvEncoding Encoding, byte[] Value) ReadValue(JsonElement json)
    {
        try
        {
            return KvValueJson.Read(json, "value");
        }
        catch (KvJsonException problem)
        {
            throw problem.ToWire();
        }
    }

    static long? ReadVersion(WireValue? given) =>
        given is null ? null
        : given.IsNull ? 0
        : EntryJson.ReadStamp(given.Text()) ?? throw given.Bad("must be the 20 digits of an entry's, or null");
}

static class KvProblems
{
    public static WireException ToWire(this KvJsonException problem) => new(new Refusal(RefusalCode.BadRequest, problem.Message, problem.Path));
}

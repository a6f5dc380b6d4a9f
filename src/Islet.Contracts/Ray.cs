namespace Islet.Contracts;

/// <summary>Names one answer: <c>x-deno-ray: us-east4::&lt;32 hex digits&gt;</c>.</summary>
public static class Ray
{
    public const string HeaderName = "x-deno-ray";

    /// <summary>
    /// A new name. Unique, since it is 128 random bits; not a secret, since the generator is not a cryptographic one.
    /// </summary>
    /// <param name="region">Region label; the provider in front of it is left out.</param>
    public static string Next(string region) => string.Create(Place(region).Length + 34, region, static (span, region) =>
    {
        var place = Place(region);
        place.CopyTo(span);
        span = span[place.Length..];
        span[0] = span[1] = ':';
        WriteHex(span[2..18], Random.Shared.NextInt64(long.MinValue, long.MaxValue));
        WriteHex(span[18..], Random.Shared.NextInt64(long.MinValue, long.MaxValue));
    });

    static ReadOnlySpan<char> Place(string region) =>
        region.StartsWith("gcp-", StringComparison.Ordinal) ? region.AsSpan(4) : region;

    static void WriteHex(Span<char> span, long bits)
    {
        for (var i = 0; i < 16; i++, bits >>= 4)
            span[i] = "0123456789abcdef"[(int)(bits & 15)];
    }
}

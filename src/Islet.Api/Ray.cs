using System.Security.Cryptography;

namespace Islet.Api;

/// <summary>Trace name of an answer, <c>&lt;region&gt;::&lt;32 hex&gt;</c>; clients print it when they report an error.</summary>
static class Ray
{
    public const string Header = "x-deno-ray";

    /// <param name="region">Region label; its provider prefix is left out.</param>
    public static string New(string region) =>
        $"{(region.StartsWith("gcp-", StringComparison.Ordinal) ? region[4..] : region)}::{RandomNumberGenerator.GetHexString(32, lowercase: true)}";
}

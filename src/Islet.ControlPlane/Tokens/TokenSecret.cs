using System.Security.Cryptography;
using System.Text;

namespace Islet.ControlPlane.Tokens;

/// <summary>The token as its owner sees it: <c>isl_</c> and 40 base62 characters (238 bits), nothing that a shell or client trips over.</summary>
public static class TokenSecret
{
    const string Prefix = "isl_";
    const int RandomLength = 40;
    const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    public static string New() => Prefix + RandomNumberGenerator.GetString(Alphabet, RandomLength);

    /// <summary>Whether it can be one of ours; others need not be looked up.</summary>
    public static bool HasForm(string token) =>
        token.Length == Prefix.Length + RandomLength && token.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>What is stored. The random part needs no salt and no slow hash.</summary>
    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}

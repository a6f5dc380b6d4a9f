using System.Security.Cryptography;
using System.Text;

namespace Islet.ControlPlane.Tokens;

/// <summary>The token as its owner sees it: <c>isl_</c> and 40 base62 characters (238 bits), nothing that a shell or client trips over.</summary>
public static class TokenSecret
{
    const string Prefix = "isl_";
    const string InvitationPrefix = "inv_";
    const int RandomLength = 40;
    const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    public static string New() => Prefix + RandomNumberGenerator.GetString(Alphabet, RandomLength);

    /// <summary>As long, and as strong; it opens one invitation.</summary>
    public static string NewInvitation() => InvitationPrefix + RandomNumberGenerator.GetString(Alphabet, RandomLength);

    /// <summary>Whether it can be one of ours; others need not be looked up.</summary>
    public static bool HasForm(string token) => HasForm(token, Prefix);

    /// <inheritdoc cref="HasForm(string)"/>
    public static bool HasInvitationForm(string token) => HasForm(token, InvitationPrefix);

    /// <summary>What is stored. The random part needs no salt and no slow hash.</summary>
    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    static bool HasForm(string token, string prefix) =>
        token.Length == prefix.Length + RandomLength && token.StartsWith(prefix, StringComparison.Ordinal);
}

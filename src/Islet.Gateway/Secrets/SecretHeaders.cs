using System.Text;
using Islet.Contracts;

namespace Islet.Gateway.Secrets;

/// <summary>Puts the secrets of one host into header values of one caller.</summary>
sealed class SecretHeaders(IReadOnlyList<EgressSecret> secrets)
{
    /// <summary>Characters that all header values of one request may have once filled: a short placeholder can stand for a long value many times.</summary>
    const int MostCharacters = 64 * 1024;

    public enum Filled
    {
        /// <summary>Every placeholder in it is replaced; there may have been none.</summary>
        Whole,

        /// <summary>The value has a character that no header may have, and would end the header or the request.</summary>
        Unfit,

        TooLong,
    }

    /// <summary>One pass: what a value brings in is not searched again.</summary>
    /// <param name="total">Of the request so far; grows.</param>
    /// <param name="name">Of the secret that does not fit.</param>
    public Filled Fill(string text, ref int total, out string filled, out string? name)
    {
        (filled, name) = (text, null);
        StringBuilder? builder = null;
        var rest = text.AsSpan();
        while (FindFirst(rest, out var at) is { } secret)
        {
            if (secret.Value.Any(IsUnfit))
            {
                name = secret.Name;
                return Filled.Unfit;
            }

            builder ??= new StringBuilder();
            builder.Append(rest[..at]).Append(secret.Value);
            rest = rest[(at + secret.Placeholder.Length)..];
            if (total + builder.Length > MostCharacters)
                return Filled.TooLong;
        }

        if (builder is not null)
            filled = builder.Append(rest).ToString();
        total += filled.Length;
        return total > MostCharacters ? Filled.TooLong : Filled.Whole;
    }

    // RFC 9110 section 5.5: visible characters, blanks, tabs, and bytes above 127, which fetch sends for U+0080 to U+00FF
    static bool IsUnfit(char c) => c is < ' ' and not '\t' or '\x7f' or > '\xff';

    /// <summary>The placeholder that begins first, of those that begin there the longest.</summary>
    EgressSecret? FindFirst(ReadOnlySpan<char> text, out int at)
    {
        EgressSecret? found = null;
        at = text.Length;
        foreach (var secret in secrets)
        {
            var here = secret.Placeholder.Length == 0 ? -1 : text.IndexOf(secret.Placeholder, StringComparison.Ordinal);
            if (here < 0 || here > at || (here == at && found is not null && found.Placeholder.Length >= secret.Placeholder.Length))
                continue;
            (found, at) = (secret, here);
        }

        return found;
    }
}

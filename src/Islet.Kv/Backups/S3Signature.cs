using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Islet.Kv.Backups;

/// <summary>AWS Signature Version 4 (docs.aws.amazon.com/AmazonS3, "Authenticating Requests: Using the Authorization Header").</summary>
sealed class S3Signature(string region, string accessKeyId, string secretAccessKey, string service = "s3")
{
    const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>The value of the Authorization header.</summary>
    /// <param name="path">Encoded, as it is sent.</param>
    /// <param name="query">Encoded and sorted, as it is sent; empty when none.</param>
    /// <param name="headers">What is signed, with names in lower case.</param>
    /// <param name="stamp">As in x-amz-date.</param>
    public string Authorize(string method, string path, string query, SortedDictionary<string, string> headers, string payloadHash, string stamp)
    {
        var names = string.Join(';', headers.Keys);
        var request = $"{method}\n{path}\n{query}\n{string.Concat(headers.Select(header => $"{header.Key}:{header.Value.Trim()}\n"))}\n{names}\n{payloadHash}";
        var scope = $"{stamp[..8]}/{region}/{service}/aws4_request";
        var key = Encoding.UTF8.GetBytes("AWS4" + secretAccessKey);
        foreach (var part in (string[])[stamp[..8], region, service, "aws4_request"])
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        var signature = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{Algorithm}\n{stamp}\n{scope}\n{Hash(Encoding.UTF8.GetBytes(request))}"));
        return $"{Algorithm} Credential={accessKeyId}/{scope},SignedHeaders={names},Signature={Convert.ToHexStringLower(signature)}";
    }

    public static string Hash(ReadOnlySpan<byte> payload) => Convert.ToHexStringLower(SHA256.HashData(payload));

    public static string Stamp(DateTimeOffset now) => now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    /// <summary>All but letters, digits and <c>-._~</c> as %XX.</summary>
    public static string Encode(string text, bool keepSlashes)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (var octet in Encoding.UTF8.GetBytes(text))
            if (char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'-' or (byte)'.' or (byte)'_' or (byte)'~' || (keepSlashes && octet == '/'))
                encoded.Append((char)octet);
            else
                encoded.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
        return encoded.ToString();
    }
}

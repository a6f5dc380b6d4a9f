using System.Security.Cryptography;
using System.Text;

namespace Islet.Tests.Api;

static class GitSha1
{
    public static string Of(string content) => Of(Encoding.UTF8.GetBytes(content));

    public static string Of(byte[] content)
    {
        using var sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        sha1.AppendData(Encoding.ASCII.GetBytes($"blob {content.Length}\0"));
        sha1.AppendData(content);
        return Convert.ToHexStringLower(sha1.GetHashAndReset());
    }
}

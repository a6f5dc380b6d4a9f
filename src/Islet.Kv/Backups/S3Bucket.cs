using System.Net;
using System.Xml;
using System.Xml.Linq;
using Islet.Contracts;

namespace Islet.Kv.Backups;

/// <summary>
/// A bucket of S3 or of what speaks like it, by paths: a bucket's name never becomes part of a host. The endpoint is one of
/// those that the operator allows; redirects are not followed, and of answers only the error code is told.
/// </summary>
sealed class S3Bucket(HttpClient http, KvBackup target, TimeProvider time)
{
    const int MaxError = 8 << 10;
    const int MaxCode = 60;

    readonly Uri endpoint = new(target.Endpoint.TrimEnd('/') + "/");
    readonly S3Signature signature = new(target.Region, target.AccessKeyId, target.SecretAccessKey);

    /// <summary>For any number of buckets.</summary>
    public static HttpClient NewClient() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = TimeSpan.FromMinutes(2),
        MaxResponseContentBufferSize = 64 << 20,
    };

    public async Task PutAsync(string key, byte[] content, CancellationToken cancellation)
    {
        using var answer = await SendAsync(HttpMethod.Put, key, "", content, cancellation);
        await ExpectAsync(answer, cancellation);
    }

    /// <returns>The content and when it was written; null when there is no such object.</returns>
    public async Task<(byte[] Content, DateTimeOffset Written)?> FindAsync(string key, CancellationToken cancellation)
    {
        using var answer = await SendAsync(HttpMethod.Get, key, "", [], cancellation);
        if (answer.StatusCode == HttpStatusCode.NotFound && await CodeAsync(answer, cancellation) == "NoSuchKey")
            return null;
        await ExpectAsync(answer, cancellation);
        return (await answer.Content.ReadAsByteArrayAsync(cancellation), answer.Content.Headers.LastModified ?? default);
    }

    /// <summary>Keys that begin so, sorted; some thousand at most when <paramref name="all"/> is false.</summary>
    public async Task<List<string>> ListAsync(string prefix, bool all, CancellationToken cancellation)
    {
        var keys = new List<string>();
        while (true)
        {
            var after = keys.Count == 0 ? "" : $"&start-after={S3Signature.Encode(keys[^1], keepSlashes: false)}";
            using var answer = await SendAsync(HttpMethod.Get, "", $"list-type=2&prefix={S3Signature.Encode(prefix, keepSlashes: false)}{after}", [], cancellation);
            await ExpectAsync(answer, cancellation);
            var list = Xml(await answer.Content.ReadAsStringAsync(cancellation)) ?? throw new S3Exception("The bucket's answer is no list", isPermanent: false);
            keys.AddRange(list.Descendants().Where(element => element.Name.LocalName == "Key").Select(element => element.Value));
            if (!all || list.Descendants().FirstOrDefault(element => element.Name.LocalName == "IsTruncated")?.Value != "true")
                return keys;
        }
    }

    async Task<HttpResponseMessage> SendAsync(HttpMethod method, string key, string query, byte[] content, CancellationToken cancellation)
    {
        var path = $"{endpoint.AbsolutePath}{target.Bucket}{(key.Length == 0 ? "" : "/" + S3Signature.Encode(key, keepSlashes: true))}";
        var (hash, stamp) = (S3Signature.Hash(content), S3Signature.Stamp(time.GetUtcNow()));
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["host"] = endpoint.Authority, ["x-amz-content-sha256"] = hash, ["x-amz-date"] = stamp,
        };
        var sorted = string.Join('&', query.Split('&').Order(StringComparer.Ordinal));
        var url = $"{endpoint.GetLeftPart(UriPartial.Authority)}{path}{(sorted.Length == 0 ? "" : "?" + sorted)}";
        using var request = new HttpRequestMessage(method, new Uri(url, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (method == HttpMethod.Put)
            request.Content = new ByteArrayContent(content);
        request.Headers.TryAddWithoutValidation("x-amz-content-sha256", hash);
        request.Headers.TryAddWithoutValidation("x-amz-date", stamp);
        request.Headers.TryAddWithoutValidation("authorization", signature.Authorize(method.Method, path, sorted, headers, hash, stamp));
        var answer = await http.SendAsync(request, cancellation);
        await Task.Yield(); // sockets complete inline: see docs/decisions/0004
        return answer;
    }

    static async Task ExpectAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        if (answer.IsSuccessStatusCode)
            return;
        var code = await CodeAsync(answer, cancellation);
        var status = (int)answer.StatusCode;
        var again = status is 408 or 409 or 429 or >= 500 || code is "RequestTimeTooSkewed" or "SlowDown";
        throw new S3Exception($"The bucket has refused: {status}{(code.Length == 0 ? "" : " " + code)}", isPermanent: !again);
    }

    /// <summary>Of an error (S3, "REST error responses"); empty when it has none that looks like one.</summary>
    static async Task<string> CodeAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        if (answer.Content.Headers.ContentLength > MaxError)
            return "";
        var code = Xml(await answer.Content.ReadAsStringAsync(cancellation))?.Root?.Elements().FirstOrDefault(element => element.Name.LocalName == "Code")?.Value;
        return code is { Length: <= MaxCode } && code.All(char.IsAsciiLetterOrDigit) ? code : "";
    }

    /// <summary>Without document types. Null: it is no XML.</summary>
    static XDocument? Xml(string text)
    {
        try
        {
            using var reader = XmlReader.Create(new StringReader(text), new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            return XDocument.Load(reader);
        }
        catch (XmlException)
        {
            return null;
        }
    }
}

using System.ComponentModel.DataAnnotations;

namespace Islet.Edge;

/// <summary>Settings of the visitors' door, section <c>Islet:Edge</c>.</summary>
public sealed class EdgeOptions
{
    public const string Section = "Islet:Edge";

    /// <summary>Region in <c>server: deno/…</c> and in <c>x-deno-ray</c>: printable ASCII without blanks.</summary>
    [Required, RegularExpression("^[a-z0-9-]{1,64}$")]
    public string Region { get; set; } = "gcp-us-east4";

    /// <summary>An isolate without requests and open WebSockets for this long is returned (scale to zero).</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a deployment may take until its answer's headers are there, starting it included; counted anew from each
    /// piece of the request's body. A project's <c>RequestTimeout</c> takes its place. A route's own wins over this default
    /// and is held beside a project's; it limits the request from its beginning to the end of the answer, the other two
    /// do not cut a stream that has begun. WebSockets have no limit.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan DefaultRequestTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a visitor may take to send the head of a request.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan HeaderTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests and WebSockets in flight per deployment on this node, whatever its project may; the next one gets 429.</summary>
    [Range(1, 1_000_000)]
    public int MaxConcurrentRequestsPerDeployment { get; set; } = 1000;

    /// <summary>Bytes of one request's body; null, the default, is no limit. Over it: 413.</summary>
    [Range(0, long.MaxValue)]
    public long? MaxBodySize { get; set; }

    /// <summary>Bytes of the request line. Over it: 414.</summary>
    [Range(1024, 1 << 20)]
    public int MaxRequestLineSize { get; set; } = 16 * 1024;

    /// <summary>Bytes of all request headers together. Over it: 431.</summary>
    [Range(1024, 1 << 20)]
    public int MaxRequestHeadersSize { get; set; } = 32 * 1024;

    /// <summary>After a link to an isolate died: how long to wait for the reason of the isolate's end.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan WaitForEnd { get; set; } = TimeSpan.FromMilliseconds(500);
}

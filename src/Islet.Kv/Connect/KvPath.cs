namespace Islet.Kv.Connect;

/// <summary>
/// <c>/databases/ID/connect</c>, where a client begins, or <c>/databases/ID/kv/v3/METHOD</c>.
/// </summary>
/// <param name="Method">Null: connect.</param>
public readonly record struct KvPath(Guid Database, string? Method)
{
    const string Begin = "/databases/";

    /// <summary>Null: neither.</summary>
    public static KvPath? Parse(string? path)
    {
        if (path is null || !path.StartsWith(Begin, StringComparison.Ordinal))
            return null;
        var rest = path.AsSpan(Begin.Length);
        var slash = rest.IndexOf('/');
        if (slash < 0 || !Guid.TryParseExact(rest[..slash], "D", out var database))
            return null;
        rest = rest[slash..];
        return rest switch
        {
            "/connect" => new(database, null),
            ['/', 'k', 'v', '/', 'v', '1' or '2' or '3', '/', ..] => new(database, Known(rest[7..])),
            _ => null,
        };
    }

    /// <summary>Without an allocation for those that there are.</summary>
    static string Known(ReadOnlySpan<char> method) => method switch
    {
        "snapshot_read" => "snapshot_read",
        "atomic_write" => "atomic_write",
        "watch" => "watch",
        _ => method.ToString(),
    };
}

using Npgsql;

namespace Islet.ControlPlane.Storage;

/// <summary>Where the PostgreSQL database is, as operators write it: <c>postgres://user:password@host:port/database</c> or Npgsql's <c>Host=…;Database=…</c>.</summary>
public static class PostgresAddress
{
    /// <summary>
    /// A node that hangs in a transaction, or whose machine is gone, lets the others go on after a minute, and nobody waits
    /// for a lock for longer than SQLite would.
    /// </summary>
    const string Waits =
        "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3";

    /// <summary>Of one node at most, unless told otherwise: a server of the usual size has a hundred for all.</summary>
    const int Connections = 30;

    const int DefaultPort = 5432;

    /// <summary>Gives it in Npgsql's form.</summary>
    /// <exception cref="FormatException">It is neither; the message does not repeat it, because there may be a password in it.</exception>
    public static string Parse(string text)
    {
        try
        {
            var settings = text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal)
                ? OfUrl(new Uri(text))
                : new NpgsqlConnectionStringBuilder(text);
            if (string.IsNullOrEmpty(settings.Host) || string.IsNullOrEmpty(settings.Database))
                throw new FormatException("expected postgres://user:password@host:port/database, or Host=…;Database=…");
            settings.Options = settings.Options is { Length: > 0 } own ? $"{Waits} {own}" : Waits;
            if (!settings.ShouldSerialize("Maximum Pool Size"))
                settings.MaxPoolSize = Connections;
            settings.ApplicationName ??= "islet";
            return settings.ConnectionString;
        }
        catch (Exception exception) when (exception is ArgumentException or UriFormatException)
        {
            throw new FormatException("expected postgres://user:password@host:port/database, or Host=…;Database=…", exception);
        }
    }

    /// <summary>What may be shown of it.</summary>
    public static string WithoutPassword(string parsed)
    {
        var settings = new NpgsqlConnectionStringBuilder(parsed);
        return $"postgres://{settings.Username}@{settings.Host}:{settings.Port}/{settings.Database}";
    }

    static NpgsqlConnectionStringBuilder OfUrl(Uri url)
    {
        var user = url.UserInfo.Split(':', 2);
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = url.Host.Trim('[', ']'),
            Port = url.Port > 0 ? url.Port : DefaultPort,
            Database = Uri.UnescapeDataString(url.AbsolutePath.TrimStart('/')),
        };
        if (user[0].Length > 0)
            settings.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1)
            settings.Password = Uri.UnescapeDataString(user[1]);
        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.Split('=', 2) is [var left, var right] ? (left, Uri.UnescapeDataString(right)) : (pair, "");
            settings[Known(name)] = value;
        }
        return settings;
    }

    /// <summary>libpq's names of the most used parameters; others are Npgsql's own.</summary>
    static string Known(string name) => name switch
    {
        "sslmode" => "SSL Mode",
        "sslrootcert" => "Root Certificate",
        "sslcert" => "SSL Certificate",
        "sslkey" => "SSL Key",
        "application_name" => "Application Name",
        "connect_timeout" => "Timeout",
        _ => name,
    };
}

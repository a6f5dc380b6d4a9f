namespace Islet.Kv;

/// <summary>Settings of the KV databases.</summary>
public sealed class KvOptions
{
    /// <summary>Where database files are; of this server alone.</summary>
    public string Directory { get; set; } = "";

    /// <summary>PostgreSQL in Npgsql's form, where all databases are then; null: files.</summary>
    public string? Postgres { get; set; }

    /// <summary>What calls of one database read and write in a second on this node; who is beyond waits.</summary>
    public long BytesPerSecond { get; set; } = 16 << 20;

    /// <summary>An unused database is closed after this long.</summary>
    public TimeSpan CloseAfter { get; set; } = TimeSpan.FromMinutes(2);
}

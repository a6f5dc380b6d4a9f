namespace Islet.Kv;

/// <summary>Settings of the KV databases.</summary>
public sealed class KvOptions
{
    /// <summary>Where database files are; of this server alone.</summary>
    public string Directory { get; set; } = "";

    /// <summary>PostgreSQL in Npgsql's form, where all databases are then; null: files.</summary>
    public string? Postgres { get; set; }

    /// <summary>An unused database is closed after this long.</summary>
    public TimeSpan CloseAfter { get; set; } = TimeSpan.FromMinutes(2);
}

using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Storage;

/// <summary>The control plane in <c>&lt;data&gt;/islet.db</c>.</summary>
public sealed class SqliteIsletDb(DbContextOptions<SqliteIsletDb> options) : IsletDb(options)
{
    /// <summary>Sets up a context on a database file, with the pragmas every connection needs.</summary>
    public static void Configure(DbContextOptionsBuilder options, string dataDirectory) => options
        .UseSqlite($"Data Source={File(dataDirectory)}")
        .AddInterceptors(SqlitePragmas.Instance);

    /// <summary>Address of a connection of its own that reads.</summary>
    internal static string ReadOnly(string dataDirectory) => $"Data Source={File(dataDirectory)};Mode=ReadOnly;Pooling=False";

    static string File(string dataDirectory) => Path.Combine(Path.GetFullPath(dataDirectory), "islet.db");
}

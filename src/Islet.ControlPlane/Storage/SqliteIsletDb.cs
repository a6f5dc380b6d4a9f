using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Storage;

/// <summary>The control plane in <c>&lt;data&gt;/islet.db</c>.</summary>
public sealed class SqliteIsletDb(DbContextOptions<SqliteIsletDb> options) : IsletDb(options)
{
    /// <summary>Sets up a context on a database file, with the pragmas every connection needs.</summary>
    public static void Configure(DbContextOptionsBuilder options, string dataDirectory) => options
        .UseSqlite($"Data Source={Path.Combine(Path.GetFullPath(dataDirectory), "islet.db")};Foreign Keys=True")
        .AddInterceptors(SqlitePragmas.Instance);
}

using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Storage;

public static class Clashes
{
    const int SqliteBusy = 5;
    const int SqliteLocked = 6;

    /// <summary>
    /// Whether a transaction was given up because of others at the same time, and so has done nothing: serialization
    /// failure and deadlock by their SQLSTATE, which the engines share; SQLite has codes of its own. A lost connection is
    /// not one: nobody knows what it did.
    /// </summary>
    public static bool IsOne(Exception exception) => exception switch
    {
        DbUpdateConcurrencyException => true,
        DbUpdateException { InnerException: { } inner } => IsOne(inner),
        SqliteException sqlite => sqlite.SqliteErrorCode is SqliteBusy or SqliteLocked,
        DbException other => other.SqlState is "40001" or "40P01",
        _ => false,
    };
}

using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Islet.ControlPlane.Storage;

/// <summary>
/// Whoever writes waits for its turn, over all nodes, as SQLite has it: what is checked within a transaction holds until
/// its commit, and no two wait for each other. See docs/decisions/0016. Who waits longer than <c>lock_timeout</c> gives up.
/// </summary>
sealed class PostgresWriters : IDbTransactionInterceptor, IDbCommandInterceptor
{
    /// <summary>Any number that nobody else of this database uses. The turn ends with the transaction.</summary>
    const string TakeTurn = "SELECT pg_advisory_xact_lock(1769173861);";

    public static readonly PostgresWriters Instance = new();

    public DbTransaction TransactionStarted(DbConnection connection, TransactionEndEventData eventData, DbTransaction result)
    {
        using var command = TurnOf(connection, result);
        command.ExecuteNonQuery();
        return result;
    }

    public async ValueTask<DbTransaction> TransactionStartedAsync(
        DbConnection connection, TransactionEndEventData eventData, DbTransaction result, CancellationToken cancellationToken = default)
    {
        await using var command = TurnOf(connection, result);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return result;
    }

    public InterceptionResult<int> NonQueryExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<int> result)
    {
        WaitFirst(command, eventData);
        return result;
    }

    public ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        WaitFirst(command, eventData);
        return new(result);
    }

    static DbCommand TurnOf(DbConnection connection, DbTransaction transaction)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = TakeTurn;
        return command;
    }

    /// <summary>A statement on its own: with the turn before it, both are one transaction and each sees what was committed before it.</summary>
    static void WaitFirst(DbCommand command, CommandEventData eventData)
    {
#pragma warning disable CA2100 // only a constant is added
        if (command.Transaction is null && eventData.CommandSource is CommandSource.ExecuteUpdate or CommandSource.ExecuteDelete or CommandSource.ExecuteSqlRaw)
            command.CommandText = TakeTurn + command.CommandText;
#pragma warning restore CA2100
    }
}

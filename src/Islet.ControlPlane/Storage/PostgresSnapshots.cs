using Npgsql;

namespace Islet.ControlPlane.Storage;

/// <summary>
/// Whether anything was committed to PostgreSQL: which transactions a query sees, written as a text, is another one after each
/// commit, whichever node made it. Those who ask while it is being asked wait for the next question and share it: it is
/// asked after they came, so it sees what was committed before, and many at once cost one.
/// </summary>
sealed class PostgresSnapshots(Postgres postgres) : IDisposable
{
    const string Question = "SELECT pg_current_snapshot()::text";
    const int AnswerSeconds = 5;

    readonly Lock turn = new();

    /// <summary>Of those who wait for a question that is not asked yet; null: nobody.</summary>
    TaskCompletionSource<long?>? waiting;

    bool isAsking;
    NpgsqlConnection? connection;
    NpgsqlCommand? command;
    string? seen;
    long version;

    /// <summary>Null when the database does not answer.</summary>
    public Task<long?> ReadAsync()
    {
        Task<long?> answer;
        lock (turn)
        {
            waiting ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            answer = waiting.Task;
            if (isAsking)
                return answer;
            isAsking = true;
        }
        _ = AskAsync(); // throws nothing
        return answer;
    }

    public void Dispose()
    {
        command?.Dispose();
        connection?.Dispose();
    }

    async Task AskAsync()
    {
        while (true)
        {
            TaskCompletionSource<long?> asking;
            lock (turn)
            {
                isAsking = waiting is not null;
                if (waiting is null)
                    return;
                (asking, waiting) = (waiting, null);
            }
            asking.SetResult(await VersionAsync());
        }
    }

    async Task<long?> VersionAsync()
    {
        try
        {
            command ??= await OpenAsync();
            var snapshot = (string)(await command.ExecuteScalarAsync())!;
            if (snapshot != seen)
                (seen, version) = (snapshot, version + 1);
            return version;
        }
        catch (Exception)
        {
            // whoever asked goes on without, and hears from its own query what is wrong; another server may have other snapshots
            Dispose();
            (command, seen) = (null, null);
            return null;
        }
    }

    async Task<NpgsqlCommand> OpenAsync()
    {
        connection = await postgres.Source.OpenConnectionAsync();
        var asking = new NpgsqlCommand(Question, connection) { CommandTimeout = AnswerSeconds };
        await asking.PrepareAsync();
        return asking;
    }
}

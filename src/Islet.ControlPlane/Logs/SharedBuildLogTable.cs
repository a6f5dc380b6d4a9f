using System.Globalization;
using System.Text;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Npgsql;

namespace Islet.ControlPlane.Logs;

/// <summary>
/// In PostgreSQL, for all nodes. A builder whose deployment another has, or nobody has any more, writes nothing. The last
/// entry of a log that is complete is <see cref="End"/>, which is no line.
/// </summary>
sealed class SharedBuildLogTable(Postgres postgres, TimeProvider clock) : BuildLogTable
{
    public static readonly BuildLogEntry End = new("end", "");

    public const string Create =
        """
        CREATE TABLE IF NOT EXISTS islet_build_log (
            deployment text COLLATE "C" NOT NULL,
            position   bigint NOT NULL,
            time       bigint NOT NULL,
            level      text NOT NULL,
            message    bytea NOT NULL,
            PRIMARY KEY (deployment, position)
        );
        """;

    const string Count = "SELECT coalesce(max(position) + 1, 0) FROM islet_build_log WHERE deployment = $1";

    const string Insert =
        """
        INSERT INTO islet_build_log (deployment, position, time, level, message) SELECT $1, $2, $3, $4, $5
        WHERE EXISTS (SELECT FROM "Deployments" WHERE "Id" = $1 AND ("Status" <> 0 OR "ClaimedBy" IS NOT DISTINCT FROM $6))
        """;

    const string ReadEntries = "SELECT level, message FROM islet_build_log WHERE deployment = $1 AND position >= $2 ORDER BY position LIMIT $3";

    const string DeleteEntries = "DELETE FROM islet_build_log WHERE deployment = $1";

    const string NextLog = "SELECT min(deployment) FROM islet_build_log WHERE deployment > $1";

    public override void Append(DeploymentId deployment, string? builder, BuildLogEntry entry)
    {
        while (true)
        {
            using var count = Command(Count, deployment.Value);
            var position = Convert.ToInt64(count.ExecuteScalar(), CultureInfo.InvariantCulture);
            if ((ReferenceEquals(entry, End) ? entry : Fit(position, entry)) is not { } fitting)
                return;
            using var insert = Command(Insert, deployment.Value, position, clock.GetUtcNow().ToMicroseconds(), fitting.Level, Encoding.UTF8.GetBytes(fitting.Message));
            insert.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = builder });
            try
            {
                insert.ExecuteNonQuery();
                return;
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                // somebody else wrote at this position: at the next one then
            }
        }
    }

    public override List<BuildLogEntry> Read(DeploymentId deployment, int from, int count)
    {
        using var select = Command(ReadEntries, deployment.Value, (long)from, (long)count);
        using var rows = select.ExecuteReader();
        var entries = new List<BuildLogEntry>();
        while (rows.Read())
            entries.Add(rows.GetString(0) == End.Level ? End : new(rows.GetString(0), Encoding.UTF8.GetString(rows.GetFieldValue<byte[]>(1))));
        return entries;
    }

    public override void Delete(DeploymentId deployment)
    {
        using var delete = Command(DeleteEntries, deployment.Value);
        delete.ExecuteNonQuery();
    }

    public override string? Next(string last)
    {
        using var next = Command(NextLog, last);
        return next.ExecuteScalar() as string;
    }

    NpgsqlCommand Command(string sql, params object[] values)
    {
        var command = postgres.Source.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }
}

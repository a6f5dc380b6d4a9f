using System.Text;
using Islet.Contracts;
using Microsoft.Data.Sqlite;

namespace Islet.ControlPlane.Logs;

/// <summary>Where the entries of build logs are: numbered from 0 for each deployment, without a gap.</summary>
abstract class BuildLogTable
{
    /// <summary>Stores it at the end of the log when the bounds allow, before it returns.</summary>
    /// <param name="builder">Who writes; null: nobody that is known.</param>
    public abstract void Append(DeploymentId deployment, string? builder, BuildLogEntry entry);

    public abstract List<BuildLogEntry> Read(DeploymentId deployment, int from, int count);

    public abstract void Delete(DeploymentId deployment);

    /// <summary>The deployment after this one that has a log, in the order of ids; null when there is none.</summary>
    public abstract string? Next(string last);

    /// <summary>What is stored at this position; null: nothing more fits.</summary>
    protected static BuildLogEntry? Fit(long position, BuildLogEntry entry)
    {
        const int ordinary = BuildLogs.MaxEntries - BuildLogs.KeptForErrors - 1;
        if (position == ordinary)
            return entry.Level == "error" ? entry : BuildLogs.Full;
        return position >= BuildLogs.MaxEntries || (position > ordinary && entry.Level != "error") ? null : entry;
    }
}

/// <summary>In this node's telemetry.db: with one node.</summary>
sealed class LocalBuildLogTable(TelemetryDb telemetry, TimeProvider clock) : BuildLogTable
{
    public override void Append(DeploymentId deployment, string? builder, BuildLogEntry entry) =>
        telemetry.Write((connection, transaction) => Insert(connection, transaction, deployment, entry));

    public override List<BuildLogEntry> Read(DeploymentId deployment, int from, int count)
    {
        using var reader = telemetry.OpenReader();
        using var select = TelemetryDb.Command(reader, null, Statements.ReadBuildEntries);
        select.Parameters.AddWithValue("$deployment", deployment.Value);
        select.Parameters.AddWithValue("$from", from);
        select.Parameters.AddWithValue("$count", count);
        using var rows = select.ExecuteReader();
        var entries = new List<BuildLogEntry>();
        while (rows.Read())
            entries.Add(new BuildLogEntry(rows.GetString(0), Encoding.UTF8.GetString(rows.GetFieldValue<byte[]>(1))));
        return entries;
    }

    public override void Delete(DeploymentId deployment) => telemetry.Write((connection, transaction) =>
    {
        using var delete = TelemetryDb.Command(connection, transaction, Statements.DeleteBuildEntries);
        delete.Parameters.AddWithValue("$deployment", deployment.Value);
        return delete.ExecuteNonQuery();
    });

    public override string? Next(string last)
    {
        using var reader = telemetry.OpenReader();
        using var next = TelemetryDb.Command(reader, null, Statements.NextBuildLog);
        next.Parameters.AddWithValue("$last", last);
        return next.ExecuteScalar() as string;
    }

    int Insert(SqliteConnection connection, SqliteTransaction transaction, DeploymentId deployment, BuildLogEntry entry)
    {
        using var read = TelemetryDb.Command(connection, transaction, Statements.CountBuildEntries);
        read.Parameters.AddWithValue("$deployment", deployment.Value);
        var position = TelemetryDb.Number(read);
        if (Fit(position, entry) is not { } fitting)
            return 0;
        using var insert = TelemetryDb.Command(connection, transaction, Statements.InsertBuildEntry);
        insert.Parameters.AddWithValue("$deployment", deployment.Value);
        insert.Parameters.AddWithValue("$position", position);
        insert.Parameters.AddWithValue("$time", clock.GetUtcNow().ToMicroseconds());
        insert.Parameters.AddWithValue("$level", fitting.Level);
        insert.Parameters.AddWithValue("$message", Encoding.UTF8.GetBytes(fitting.Message));
        return insert.ExecuteNonQuery();
    }
}

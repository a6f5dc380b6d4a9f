namespace Islet.ControlPlane.Logs;

/// <summary>All SQL that telemetry.db hears.</summary>
static class Statements
{
    public const string OpenWriter = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;";

    public const string CreateVersion = "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT";

    public const string ReadVersion = "SELECT coalesce(max(version), 0) FROM schema_version";

    public const string WriteVersion = "INSERT INTO schema_version (version) VALUES ($version)";

    /// <summary>Entry n leads from version n to n + 1, given the days that there are. Only ever appended to.</summary>
    public static readonly Func<IReadOnlyList<LogDay>, string>[] Migrations =
    [
        static _ => """
        CREATE TABLE app_log_sequence (next INTEGER NOT NULL) STRICT;
        INSERT INTO app_log_sequence (next) VALUES (1);
        CREATE TABLE build_log (
            deployment TEXT    NOT NULL,
            position   INTEGER NOT NULL,
            time       INTEGER NOT NULL,
            level      TEXT    NOT NULL,
            message    BLOB    NOT NULL,
            PRIMARY KEY (deployment, position)
        ) STRICT, WITHOUT ROWID;
        """,
        static days => string.Concat(days.Select(day => $"ALTER TABLE {day.Table} ADD COLUMN trace TEXT; ALTER TABLE {day.Table} ADD COLUMN span TEXT;")),
    ];

    // Application lines. A message is a BLOB of UTF-8, because text with a NUL inside does not survive TEXT columns.

    public const string ListTables = "SELECT name FROM sqlite_schema WHERE type = 'table'";

    public const string TakeSequence = "UPDATE app_log_sequence SET next = next + $count RETURNING next - $count";

    public const string LastSequence = "SELECT next - 1 FROM app_log_sequence";

    public static string CreateDay(LogDay day) =>
        $"""
        CREATE TABLE IF NOT EXISTS {day.Table} (
            deployment TEXT    NOT NULL,
            time       INTEGER NOT NULL,
            sequence   INTEGER NOT NULL,
            level      INTEGER NOT NULL,
            region     TEXT    NOT NULL,
            message    BLOB    NOT NULL,
            trace      TEXT,
            span       TEXT,
            PRIMARY KEY (deployment, time, sequence)
        ) STRICT, WITHOUT ROWID
        """;

    public static string DropDay(LogDay day, string kind) => $"DROP TABLE {day.TableOf(kind)}";

    public static string InsertLine(LogDay day) =>
        $"""
        INSERT INTO {day.Table} (deployment, time, sequence, level, region, message, trace, span)
        VALUES ($deployment, $time, $sequence, $level, $region, $message, $trace, $span)
        """;

    public static string NewestFirst(LogDay day) =>
        $"""
        SELECT time, sequence, level, region, message, trace, span FROM {day.Table}
        WHERE deployment = $deployment AND (time, sequence) < ($time, $sequence)
          AND time >= $since AND time < $until AND sequence <= $last
        ORDER BY time DESC, sequence DESC
        """;

    public static string OldestFirst(LogDay day) =>
        $"""
        SELECT time, sequence, level, region, message, trace, span FROM {day.Table}
        WHERE deployment = $deployment AND (time, sequence) > ($time, $sequence)
          AND time >= $since AND time < $until AND sequence <= $last
        ORDER BY time, sequence
        """;

    // Build logs.

    public const string CountBuildEntries = "SELECT coalesce(max(position) + 1, 0) FROM build_log WHERE deployment = $deployment";

    public const string InsertBuildEntry =
        """
        INSERT INTO build_log (deployment, position, time, level, message)
        VALUES ($deployment, $position, $time, $level, $message)
        """;

    public const string ReadBuildEntries =
        """
        SELECT level, message FROM build_log
        WHERE deployment = $deployment AND position >= $from
        ORDER BY position LIMIT $count
        """;

    public const string NextBuildLog = "SELECT min(deployment) FROM build_log WHERE deployment > $last";

    public const string DeleteBuildEntries = "DELETE FROM build_log WHERE deployment = $deployment";
}

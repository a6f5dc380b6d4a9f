using Islet.ControlPlane.Logs;

namespace Islet.ControlPlane.Egress;

/// <summary>SQL about egress records. They share the sequence of the application lines. Text of tenants is a BLOB, as there.</summary>
static class EgressStatements
{
    public static string CreateDay(LogDay day) =>
        $"""
        CREATE TABLE IF NOT EXISTS {day.TableOf(LogDay.Egress)} (
            deployment  TEXT    NOT NULL,
            time        INTEGER NOT NULL,
            sequence    INTEGER NOT NULL,
            verdict     INTEGER NOT NULL,
            destination BLOB    NOT NULL,
            host        BLOB,
            rule        TEXT    NOT NULL,
            sent        INTEGER NOT NULL,
            received    INTEGER NOT NULL,
            PRIMARY KEY (deployment, time, sequence)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS {day.TableOf(LogDay.EgressTotals)} (
            deployment TEXT    NOT NULL,
            rule       TEXT    NOT NULL,
            verdict    INTEGER NOT NULL,
            count      INTEGER NOT NULL,
            sent       INTEGER NOT NULL,
            received   INTEGER NOT NULL,
            PRIMARY KEY (deployment, rule, verdict)
        ) STRICT, WITHOUT ROWID;
        """;

    public static string Insert(LogDay day) =>
        $"""
        INSERT INTO {day.TableOf(LogDay.Egress)} (deployment, time, sequence, verdict, destination, host, rule, sent, received)
        VALUES ($deployment, $time, $sequence, $verdict, $destination, $host, $rule, $sent, $received)
        """;

    public static string Add(LogDay day) =>
        $"""
        INSERT INTO {day.TableOf(LogDay.EgressTotals)} (deployment, rule, verdict, count, sent, received)
        VALUES ($deployment, $rule, $verdict, $count, $sent, $received)
        ON CONFLICT (deployment, rule, verdict) DO UPDATE SET
            count = count + excluded.count, sent = sent + excluded.sent, received = received + excluded.received
        """;

    public static string NewestFirst(LogDay day) =>
        $"""
        SELECT time, sequence, verdict, destination, host, rule, sent, received FROM {day.TableOf(LogDay.Egress)}
        WHERE deployment = $deployment AND (time, sequence) < ($time, $sequence)
          AND time >= $since AND time < $until AND sequence <= $last
        ORDER BY time DESC, sequence DESC
        """;

    public static string OldestFirst(LogDay day) =>
        $"""
        SELECT time, sequence, verdict, destination, host, rule, sent, received FROM {day.TableOf(LogDay.Egress)}
        WHERE deployment = $deployment AND (time, sequence) > ($time, $sequence)
          AND time >= $since AND time < $until AND sequence <= $last
        ORDER BY time, sequence
        """;

    public static string Totals(LogDay day) =>
        $"SELECT rule, verdict, count, sent, received FROM {day.TableOf(LogDay.EgressTotals)} WHERE deployment = $deployment";
}

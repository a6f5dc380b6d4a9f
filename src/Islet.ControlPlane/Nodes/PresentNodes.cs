namespace Islet.ControlPlane.Nodes;

/// <summary>
/// Which nodes are there, for a PostgreSQL: the connection by which one follows changes holds a lock of its name, and loses it
/// with its end. Of a machine that lost its power that is only known after a minute: it says how work is shared, never whose
/// something is.
/// </summary>
static class PresentNodes
{
    /// <summary>A number that no other lock of two numbers has.</summary>
    const string Class = "1769173862";

    const string Name = "hashtext(current_setting('islet.node'))";

    public const string Enter = $"SELECT pg_advisory_lock_shared({Class}, {Name})";

    /// <summary>How many, the one that asks among them.</summary>
    public const string Count =
        $"""
        SELECT 1 + count(DISTINCT objid)::int AS "Value" FROM pg_locks
            WHERE locktype = 'advisory' AND classid = {Class} AND objsubid = 2 AND objid <> {Name}::oid
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """;
}

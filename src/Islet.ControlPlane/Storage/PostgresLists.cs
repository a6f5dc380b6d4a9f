namespace Islet.ControlPlane.Storage;

/// <summary>
/// What counts long lists and cuts names into their ends in PostgreSQL, as <see cref="SqliteLists"/> does. A migration runs
/// this once; a change of it is another migration. Nobody writes between the making of the triggers and the filling.
/// </summary>
static class PostgresLists
{
    public static readonly string Triggers = string.Concat(
        Functions,
        Counted(0, "Projects", "OrganizationId", "Name", isTime: false),
        Counted(1, "Projects", "OrganizationId", "UpdatedAt", isTime: true),
        Counted(2, "Deployments", "ProjectId", "Id", isTime: false),
        Counted(3, "Deployments", "ProjectId", "CreatedAt", isTime: true),
        EndsOfNames);

    public const string NoTriggers =
        """
        DROP FUNCTION islet_name_ends, islet_list_0, islet_list_1, islet_list_2, islet_list_3, islet_milestone_divided, islet_milestone_counts, islet_milestone CASCADE;
        """;

    /// <summary>The rows that are there. Milestones with too many items are divided by the triggers.</summary>
    public const string Fill =
        """
        INSERT INTO "Milestones" ("Owner", "List", "First", "Items")
            SELECT "OrganizationId", list, '', count(*) FROM "Projects", (VALUES (0), (1)) AS lists (list) GROUP BY 1, 2;
        INSERT INTO "Milestones" ("Owner", "List", "First", "Items")
            SELECT "ProjectId", list, '', count(*) FROM "Deployments", (VALUES (2), (3)) AS lists (list) GROUP BY 1, 2;
        INSERT INTO "NameEnds" ("OrganizationId", "End", "Name")
            SELECT "OrganizationId", substr("Name", at), "Name" FROM "Projects", generate_series(1, length("Name")) AS at;
        """;

    const string EndsOfNames =
        """
        CREATE FUNCTION islet_name_ends() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'INSERT' THEN
                DELETE FROM "NameEnds" WHERE "OrganizationId" = OLD."OrganizationId" AND "Name" = OLD."Name"
                    AND "End" = ANY (ARRAY(SELECT substr(OLD."Name", at) FROM generate_series(1, length(OLD."Name")) AS at));
            END IF;
            IF TG_OP <> 'DELETE' THEN
                INSERT INTO "NameEnds" ("OrganizationId", "End", "Name")
                    SELECT NEW."OrganizationId", substr(NEW."Name", at), NEW."Name" FROM generate_series(1, length(NEW."Name")) AS at;
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER islet_name_ends AFTER INSERT OR DELETE ON "Projects" FOR EACH ROW EXECUTE FUNCTION islet_name_ends();
        CREATE TRIGGER islet_name_ends_moved AFTER UPDATE OF "Name" ON "Projects"
            FOR EACH ROW WHEN (OLD."Name" <> NEW."Name") EXECUTE FUNCTION islet_name_ends();

        """;

    const string Functions =
        """
        CREATE FUNCTION islet_milestone(of_owner uuid, of_list integer, key text) RETURNS text LANGUAGE sql STABLE AS $$
            SELECT "First" FROM "Milestones" WHERE "Owner" = of_owner AND "List" = of_list AND "First" <= key COLLATE "C" ORDER BY "First" DESC LIMIT 1
        $$;

        CREATE FUNCTION islet_milestone_counts(of_owner uuid, of_list integer, at text, change bigint) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            IF change > 0 THEN
                INSERT INTO "Milestones" ("Owner", "List", "First", "Items") VALUES (of_owner, of_list, coalesce(at, ''), 0) ON CONFLICT DO NOTHING;
            END IF;
            UPDATE "Milestones" SET "Items" = "Items" + change WHERE "Owner" = of_owner AND "List" = of_list AND "First" = coalesce(at, '');
            IF change < 0 THEN
                DELETE FROM "Milestones" WHERE "Owner" = of_owner AND "List" = of_list AND "First" = at AND "Items" = 0;
            END IF;
        END $$;

        -- arguments: table, owner, column, whether it is a time
        CREATE FUNCTION islet_milestone_divided() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            behind text := (SELECT min("First") FROM "Milestones" WHERE "Owner" = NEW."Owner" AND "List" = NEW."List" AND "First" > NEW."First");
            is_time boolean := TG_ARGV[3] = 'time';
        BEGIN
            EXECUTE format(
                'INSERT INTO "Milestones" ("Owner", "List", "First", "Items")
                    SELECT $1, $2, CASE part WHEN 0 THEN $3 ELSE %s END, count(*) FROM (
                        SELECT %2$I AS key, (rank() OVER (ORDER BY %2$I) - 1) / 500 AS part FROM %3$I WHERE %4$I = $1 AND %2$I >= %5$s AND %2$I < %6$s) AS items
                    GROUP BY part
                    ON CONFLICT ("Owner", "List", "First") DO UPDATE SET "Items" = excluded."Items" WHERE "Milestones"."Items" <> excluded."Items"',
                CASE WHEN is_time THEN 'lpad(min(key)::text, 20, ''0'')' ELSE 'min(key)' END,
                TG_ARGV[2], TG_ARGV[0], TG_ARGV[1],
                CASE WHEN is_time THEN '(''0'' || $3)::bigint' ELSE '$3' END,
                CASE WHEN is_time THEN 'coalesce($4, ''9223372036854775807'')::bigint' ELSE 'coalesce($4, ''~'')' END)
            USING NEW."Owner", NEW."List", NEW."First", behind;
            RETURN NULL;
        END $$;

        """;

    /// <summary>Triggers of one list of <see cref="Lists.CountedList"/>: rows of a table by one of its columns. Many rows of one statement are counted at once.</summary>
    static string Counted(int list, string table, string owner, string column, bool isTime)
    {
        return $"""
            CREATE FUNCTION islet_list_{list}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'INSERT' THEN
                    PERFORM islet_milestone_counts(owner, {list}, at, sum(change)) FROM ({Rows("new_rows", 1)}) AS changes GROUP BY owner, at;
                ELSIF TG_OP = 'DELETE' THEN
                    PERFORM islet_milestone_counts(owner, {list}, at, sum(change)) FROM ({Rows("old_rows", -1)}) AS changes GROUP BY owner, at;
                ELSE
                    PERFORM islet_milestone_counts(owner, {list}, at, sum(change)) FROM ({Rows("new_rows", 1)} UNION ALL {Rows("old_rows", -1)}) AS changes
                        GROUP BY owner, at HAVING sum(change) <> 0;
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER islet_list_{list}_added AFTER INSERT ON "{table}"
                REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION islet_list_{list}();
            CREATE TRIGGER islet_list_{list}_gone AFTER DELETE ON "{table}"
                REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION islet_list_{list}();

            """ + (table == "Projects" ? $"""
            CREATE TRIGGER islet_list_{list}_moved AFTER UPDATE ON "{table}"
                REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION islet_list_{list}();

            """ : "") + $"""
            CREATE TRIGGER islet_list_{list}_long AFTER INSERT OR UPDATE ON "Milestones"
                FOR EACH ROW WHEN (NEW."List" = {list} AND NEW."Items" > 1000)
                EXECUTE FUNCTION islet_milestone_divided('{table}', '{owner}', '{column}', '{(isTime ? "time" : "text")}');

            """;

        string Rows(string rows, int change) =>
            $"""SELECT "{owner}" AS owner, islet_milestone("{owner}", {list}, {KeyOf($"\"{column}\"")}) AS at, {change} AS change FROM {rows}""";

        string KeyOf(string value) => isTime ? $"lpad({value}::text, 20, '0')" : value;
    }
}

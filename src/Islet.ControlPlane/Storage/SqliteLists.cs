namespace Islet.ControlPlane.Storage;

/// <summary>
/// What counts long lists and cuts names into their ends in SQLite: triggers, so that no way of writing is forgotten. A
/// migration runs this once; a change of it is another migration. One that builds <c>Projects</c> or <c>Deployments</c> anew
/// loses their triggers, and makes them again.
/// </summary>
static class SqliteLists
{
    /// <summary>With the primary key as the order of its rows: each is there once.</summary>
    public const string Tables =
        """
        CREATE TABLE "Milestones" (
            "Owner" TEXT NOT NULL,
            "List" INTEGER NOT NULL,
            "First" TEXT NOT NULL,
            "Items" INTEGER NOT NULL,
            CONSTRAINT "PK_Milestones" PRIMARY KEY ("Owner", "List", "First")
        ) WITHOUT ROWID;
        CREATE TABLE "NameEnds" (
            "OrganizationId" TEXT NOT NULL,
            "End" TEXT NOT NULL,
            "Name" TEXT NOT NULL,
            CONSTRAINT "PK_NameEnds" PRIMARY KEY ("OrganizationId", "End", "Name")
        ) WITHOUT ROWID;
        """;

    public static readonly string Triggers = string.Concat(
        Counted(0, "Projects", "OrganizationId", "Name", isTime: false),
        Counted(1, "Projects", "OrganizationId", "UpdatedAt", isTime: true),
        Counted(2, "Deployments", "ProjectId", "Id", isTime: false),
        Counted(3, "Deployments", "ProjectId", "CreatedAt", isTime: true),
        EndsOfNames);

    public static readonly string NoTriggers = string.Concat(
        from name in (string[])["NameEnds", "Milestones_0", "Milestones_1", "Milestones_2", "Milestones_3"]
        from when in (string[])["added", "gone", "moved"]
        select $"DROP TRIGGER \"{name}_{when}\";");

    /// <summary>The rows that are there. Milestones with too many items are divided by the triggers.</summary>
    public const string Fill =
        """
        INSERT INTO "Milestones" SELECT "OrganizationId", list, '', count(*) FROM "Projects", (SELECT 0 AS list UNION SELECT 1) GROUP BY 1, 2;
        INSERT INTO "Milestones" SELECT "ProjectId", list, '', count(*) FROM "Deployments", (SELECT 2 AS list UNION SELECT 3) GROUP BY 1, 2;
        INSERT INTO "NameEnds" SELECT "OrganizationId", substr("Name", at), "Name" FROM "Projects", (
        """ + Positions + """
        ) WHERE at <= length("Name");
        """;

    /// <summary>A trigger has no recursion and no common table expressions. 50 is the longest name.</summary>
    const string Positions =
        """
        SELECT ones.n + 10 * tens.n + 1 AS at
        FROM (SELECT 0 AS n UNION ALL VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS ones,
            (SELECT 0 AS n UNION ALL VALUES (1), (2), (3), (4)) AS tens
        """;

    const string EndsOfNames =
        $"""
        CREATE TRIGGER "NameEnds_added" AFTER INSERT ON "Projects" BEGIN
            INSERT INTO "NameEnds" SELECT new."OrganizationId", substr(new."Name", at), new."Name" FROM ({Positions}) WHERE at <= length(new."Name");
        END;
        CREATE TRIGGER "NameEnds_gone" AFTER DELETE ON "Projects" BEGIN
            DELETE FROM "NameEnds" WHERE "OrganizationId" = old."OrganizationId" AND "Name" = old."Name"
                AND "End" IN (SELECT substr(old."Name", at) FROM ({Positions}) WHERE at <= length(old."Name"));
        END;
        CREATE TRIGGER "NameEnds_moved" AFTER UPDATE OF "Name" ON "Projects" WHEN old."Name" <> new."Name" BEGIN
            DELETE FROM "NameEnds" WHERE "OrganizationId" = old."OrganizationId" AND "Name" = old."Name"
                AND "End" IN (SELECT substr(old."Name", at) FROM ({Positions}) WHERE at <= length(old."Name"));
            INSERT INTO "NameEnds" SELECT new."OrganizationId", substr(new."Name", at), new."Name" FROM ({Positions}) WHERE at <= length(new."Name");
        END;

        """;

    /// <summary>Triggers of one list of <see cref="Lists.CountedList"/>: rows of a table by one of its columns.</summary>
    static string Counted(int list, string table, string owner, string column, bool isTime)
    {
        var add = $"""
            INSERT INTO "Milestones" SELECT new."{owner}", {list}, '', 0 WHERE NOT EXISTS (
                    SELECT 1 FROM "Milestones" WHERE "Owner" = new."{owner}" AND "List" = {list} AND "First" <= {KeyOf($"new.\"{column}\"")});
                UPDATE "Milestones" SET "Items" = "Items" + 1 WHERE {At("new")};
            """;
        var remove = $"""
            UPDATE "Milestones" SET "Items" = "Items" - 1 WHERE {At("old")};
                DELETE FROM "Milestones" WHERE {At("old")} AND "Items" = 0;
            """;
        // equal times stay together; the last part ends where the next milestone is
        var divide = $"""
            INSERT INTO "Milestones"
                SELECT new."Owner", new."List", CASE part WHEN 0 THEN new."First" ELSE {KeyOf("min(key)")} END, count(*) FROM (
                    SELECT "{column}" AS key, (rank() OVER (ORDER BY "{column}") - 1) / 500 AS part FROM "{table}"
                    WHERE "{owner}" = new."Owner" AND "{column}" >= {Stored("new.\"First\"")} AND "{column}" < coalesce((
                        SELECT {Stored("min(\"First\")")} FROM "Milestones" WHERE "Owner" = new."Owner" AND "List" = {list} AND "First" > new."First"), {(isTime ? "9223372036854775807" : "'~'")}))
                WHERE true GROUP BY part
                ON CONFLICT DO UPDATE SET "Items" = excluded."Items" WHERE "Items" <> excluded."Items";
            """;
        return $"""
            CREATE TRIGGER "Milestones_{list}_added" AFTER INSERT ON "{table}" BEGIN
                {add}
            END;
            CREATE TRIGGER "Milestones_{list}_gone" AFTER DELETE ON "{table}" BEGIN
                {remove}
            END;
            CREATE TRIGGER "Milestones_{list}_moved" AFTER UPDATE OF "{column}" ON "{table}" WHEN old."{column}" <> new."{column}" BEGIN
                {remove}
                {add}
            END;
            CREATE TRIGGER "Milestones_{list}_made_long" AFTER INSERT ON "Milestones" WHEN new."List" = {list} AND new."Items" > 1000 BEGIN
                {divide}
            END;
            CREATE TRIGGER "Milestones_{list}_grown_long" AFTER UPDATE ON "Milestones" WHEN new."List" = {list} AND new."Items" > 1000 AND new."Items" > old."Items" BEGIN
                {divide}
            END;

            """;

        string At(string row) =>
            $"""
            "Owner" = {row}."{owner}" AND "List" = {list} AND "First" = (
                    SELECT max("First") FROM "Milestones" WHERE "Owner" = {row}."{owner}" AND "List" = {list} AND "First" <= {KeyOf($"{row}.\"{column}\"")})
            """;

        string KeyOf(string value) => isTime ? $"printf('%020d', {value})" : value;

        string Stored(string key) => isTime ? $"CAST({key} AS INTEGER)" : key;
    }
}

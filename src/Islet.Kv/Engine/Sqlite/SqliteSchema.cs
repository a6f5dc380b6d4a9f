namespace Islet.Kv.Engine.Sqlite;

/// <summary>The tables of a database file. Keys are compared byte by byte, which is the order of KV Connect.</summary>
static class SqliteSchema
{
    const long Version = 2;

    /// <summary>Write-ahead log, and every commit on the disk before it is acknowledged.</summary>
    const string Durable = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;";

    const string Create = """
        BEGIN IMMEDIATE;
        CREATE TABLE database(version INTEGER NOT NULL);
        INSERT INTO database VALUES(1);
        CREATE TABLE entries(
            key BLOB PRIMARY KEY, value BLOB NOT NULL, encoding INTEGER NOT NULL, version INTEGER NOT NULL, expires INTEGER) WITHOUT ROWID;
        CREATE INDEX entries_expires ON entries(expires) WHERE expires IS NOT NULL;
        CREATE TABLE queue(
            id INTEGER PRIMARY KEY AUTOINCREMENT, due INTEGER NOT NULL, payload BLOB NOT NULL, backoff BLOB NOT NULL, keys BLOB NOT NULL,
            attempt INTEGER NOT NULL);
        CREATE INDEX queue_due ON queue(due);
        CREATE TABLE dead_letters(id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, payload BLOB NOT NULL, tries INTEGER NOT NULL);
        PRAGMA user_version=1;
        COMMIT;
        """;

    /// <summary>Changes that wait for their backup, and for which; without a row there is none.</summary>
    const string AddChanges = """
        BEGIN IMMEDIATE;
        CREATE TABLE changes(
            id INTEGER PRIMARY KEY, version INTEGER NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL, key BLOB NOT NULL, value BLOB,
            encoding INTEGER NOT NULL, expires INTEGER NOT NULL);
        CREATE TABLE recording(backup BLOB NOT NULL, segment INTEGER NOT NULL, based INTEGER NOT NULL);
        PRAGMA user_version=2;
        COMMIT;
        """;

    /// <exception cref="IOException">A newer program has been here, or the file is no such database.</exception>
    public static void Prepare(SqliteFile file)
    {
        file.Execute(Durable);
        switch (file.Scalar("PRAGMA user_version"))
        {
            case 0:
                file.Execute(Create);
                goto case 1;
            case 1:
                file.Execute(AddChanges);
                break;
            case Version:
                break;
            case var other:
                throw new IOException($"The KV database has schema {other}, which is newer than this Islet knows: start the newer one");
        }
    }
}

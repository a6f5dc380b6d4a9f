using Islet.Kv;
using Islet.Kv.Engine;
using Islet.Kv.Engine.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using static Islet.Tests.Kv.KvKit;

namespace Islet.Tests.Kv;

public sealed class KvUpgradeTests
{
    /// <summary>As the first schema was.</summary>
    const string First = """
        CREATE TABLE database(version INTEGER NOT NULL);
        INSERT INTO database VALUES(70);
        CREATE TABLE entries(
            key BLOB PRIMARY KEY, value BLOB NOT NULL, encoding INTEGER NOT NULL, version INTEGER NOT NULL, expires INTEGER) WITHOUT ROWID;
        CREATE INDEX entries_expires ON entries(expires) WHERE expires IS NOT NULL;
        CREATE TABLE queue(
            id INTEGER PRIMARY KEY AUTOINCREMENT, due INTEGER NOT NULL, payload BLOB NOT NULL, backoff BLOB NOT NULL, keys BLOB NOT NULL,
            attempt INTEGER NOT NULL);
        CREATE INDEX queue_due ON queue(due);
        CREATE TABLE dead_letters(id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, payload BLOB NOT NULL, tries INTEGER NOT NULL);
        INSERT INTO entries VALUES(CAST('a' AS BLOB), CAST('one' AS BLOB), 3, 70, NULL);
        PRAGMA user_version=1;
        """;

    [Fact]
    public async Task A_file_of_the_first_schema_keeps_its_entries_and_can_be_backed_up()
    {
        var (directory, id, backup) = (Directory.CreateTempSubdirectory("islet-kv-"), Guid.NewGuid(), Guid.NewGuid());
        using (var file = SqliteFile.Open(SqliteFiles.PathOf(directory.FullName, id), create: true))
            file.Execute(First);
        await using (var node = new KvDatabases(Options.Create(new KvOptions { Directory = directory.FullName }), TimeProvider.System, NullLogger<KvDatabases>.Instance))
        {
            using var use = await node.OpenAsync(id, default);
            (await use.Database.GetAsync("a"))!.Version.ShouldBe(70);

            await using var changes = await node.OpenChangesAsync(id, default);
            await changes.StartAsync(backup, default);
            (await use.Database.WriteAsync(Set("b", "two"))).Version.ShouldBeGreaterThan(70);
            (await changes.NextAsync(default))!.Rows.Select(row => Text(row.Key)).ShouldBe(["b"]);
        }
        directory.Delete(recursive: true);
    }
}

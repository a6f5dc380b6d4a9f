using System.Text.Json.Nodes;
using Islet.ControlPlane;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Tests.Postgres;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.ControlPlane;

public sealed class FirstStartTests : IDisposable
{
    readonly ControlPlaneDirectory directory = new();

    string Credentials => directory.File("credentials.json");

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Makes_working_credentials_that_only_the_owner_can_read()
    {
        await using var control = await directory.StartAsync(options => options.PublicUrl = "http://127.0.0.1:8123");

        var written = JsonNode.Parse(await File.ReadAllTextAsync(Credentials))!.AsObject();
        written.Select(member => member.Key).ShouldBe(
            ["apiUrl", "vercelUrl", "organizationId", "teamId", "token", "email", "password", "dashboardUrl"]);
        ((string)written["apiUrl"]!).ShouldBe("http://127.0.0.1:8123/v1");
        ((string)written["token"]!).ShouldMatch("^isl_[A-Za-z0-9]{40}$");
        ((string)written["teamId"]!).ShouldMatch("^team_[A-Za-z0-9]{24}$");
        new FileInfo(Credentials).UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await WorksAsync(control, (string)written["token"]!)).ShouldBeTrue();
    }

    [Fact]
    public async Task Later_starts_change_nothing()
    {
        await using (await directory.StartAsync())
        {
            // only to begin
        }
        var first = await File.ReadAllTextAsync(Credentials);

        await using var again = await directory.StartAsync();

        (await File.ReadAllTextAsync(Credentials)).ShouldBe(first);
        again.GetRequiredService<ControlPlaneStart>().First.ShouldBeNull();
    }

    [Fact]
    public async Task Credentials_that_their_owner_removed_are_not_made_again()
    {
        await using (await directory.StartAsync())
            File.Delete(Credentials);

        await using var again = await directory.StartAsync();

        File.Exists(Credentials).ShouldBeFalse();
    }

    [Fact]
    public async Task Killed_after_the_rows_is_finished_at_the_next_start()
    {
        await using (await directory.StartAsync())
            File.Move(Credentials, Credentials + ".unfinished");

        await using var again = await directory.StartAsync();

        var written = JsonNode.Parse(await File.ReadAllTextAsync(Credentials))!;
        (await WorksAsync(again, (string)written["token"]!)).ShouldBeTrue();
        again.GetRequiredService<ControlPlaneStart>().First.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"apiUrl\":\"http")]
    [InlineData("{}")]
    [InlineData("""{"token":"isl_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""")]
    public async Task Killed_before_the_rows_begins_anew(string halfWritten)
    {
        await File.WriteAllTextAsync(Credentials + ".unfinished", halfWritten);

        await using var control = await directory.StartAsync();

        var written = JsonNode.Parse(await File.ReadAllTextAsync(Credentials))!;
        (await WorksAsync(control, (string)written["token"]!)).ShouldBeTrue();
        File.Exists(Credentials + ".unfinished").ShouldBeFalse();
        await using var scope = control.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<IsletDb>().Users.Count().ShouldBe(1);
    }

    [Fact]
    public async Task Killed_during_a_migration_does_not_hang_the_next_start()
    {
        using var sqlite = new ControlPlaneDirectory(TestDatabase.Sqlite);
        await using (var control = await sqlite.StartAsync())
        {
            await using var connection = new SqliteConnection($"Data Source={sqlite.File("islet.db")};Pooling=False");
            await connection.OpenAsync();
            var command = connection.CreateCommand();
            command.CommandText = """
                CREATE TABLE IF NOT EXISTS "__EFMigrationsLock" ("Id" INTEGER PRIMARY KEY, "Timestamp" TEXT NOT NULL);
                INSERT INTO "__EFMigrationsLock" VALUES (1, '2026-01-01');
                """;
            await command.ExecuteNonQueryAsync();
        }

        await using var again = await sqlite.StartAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Second_server_on_the_same_directory_does_not_start()
    {
        await using var first = await directory.StartAsync();

        await Should.ThrowAsync<IOException>(() => directory.StartAsync());
    }

    [Fact]
    public async Task Rows_and_code_are_closed_to_other_users_of_the_machine()
    {
        using var sqlite = new ControlPlaneDirectory(TestDatabase.Sqlite);
        await using var control = await sqlite.StartAsync();

        new FileInfo(sqlite.File("islet.db")).UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        new FileInfo(sqlite.File("islet.db-wal")).UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        new DirectoryInfo(sqlite.File("blobs")).UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task Acknowledged_commits_are_synced()
    {
        using var sqlite = new ControlPlaneDirectory(TestDatabase.Sqlite);
        await using var control = await sqlite.StartAsync();
        await using var scope = control.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();

        (await PragmaAsync(db, "journal_mode")).ShouldBe("wal");
        (await PragmaAsync(db, "synchronous")).ShouldBe("2");
        (await PragmaAsync(db, "foreign_keys")).ShouldBe("1");
    }

    static async Task<string?> PragmaAsync(IsletDb db, string name)
    {
        var connection = Microsoft.EntityFrameworkCore.RelationalDatabaseFacadeExtensions.GetDbConnection(db.Database);
        await Microsoft.EntityFrameworkCore.RelationalDatabaseFacadeExtensions.OpenConnectionAsync(db.Database);
        var command = connection.CreateCommand();
        command.CommandText = $"PRAGMA {name}";
        return (await command.ExecuteScalarAsync())?.ToString();
    }

    static async Task<bool> WorksAsync(ServiceProvider control, string token) =>
        await control.GetRequiredService<AuthenticateToken>().RunAsync(token, default) is { Organizations.Count: 1 };
}

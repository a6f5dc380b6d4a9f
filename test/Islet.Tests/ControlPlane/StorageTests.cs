using Islet.ControlPlane.Storage;
using Islet.Tests.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.ControlPlane;

public sealed class StorageTests
{
    [Theory]
    [InlineData(Sqlite)]
    [InlineData(Postgres)]
    public async Task Migrations_lead_to_the_model(string engine)
    {
        using var database = await CreateAsync(engine);
        using var directory = new ControlPlaneDirectory(database);
        await using var control = await directory.StartAsync();
        await using var scope = control.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();

        db.Database.HasPendingModelChanges().ShouldBeFalse();
        (await db.Database.GetPendingMigrationsAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(Sqlite)]
    [InlineData(Postgres)]
    public async Task Tables_that_a_newer_program_has_changed_are_left_alone(string engine)
    {
        using var database = await CreateAsync(engine);
        using var directory = new ControlPlaneDirectory(database);
        await using (var control = await directory.StartAsync())
        await using (var scope = control.CreateAsyncScope())
            await scope.ServiceProvider.GetRequiredService<IsletDb>().Database.ExecuteSqlRawAsync(
                """INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion") VALUES ('29990101000000_Later', '99')""");

        (await Should.ThrowAsync<DatabaseUnusableException>(() => directory.StartAsync())).Message.ShouldContain("29990101000000_Later");
    }

    [Fact]
    public async Task The_user_of_the_first_start_becomes_the_operator_of_an_older_installation()
    {
        using var directory = new ControlPlaneDirectory(TestDatabase.Sqlite);
        await using var control = await directory.StartAsync();
        await using var scope = control.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        await db.GetService<IMigrator>().MigrateAsync("20261122111500_AssetUse");
        await db.Database.ExecuteSqlRawAsync(
            """INSERT INTO "Users" ("Id", "Email", "PasswordHash", "CreatedAt") VALUES ('00000000-0000-0000-0000-000000000001', 'later', '', 9007199254740991)""");

        await db.Database.MigrateAsync();

        (await db.Users.OrderBy(user => user.CreatedAt).Select(user => user.IsOperator).ToListAsync()).ShouldBe([true, false]);
        (await db.Users.AsNoTracking().FirstAsync(user => user.IsOperator)).Email.ShouldBe("admin@localhost");
    }

    const string Sqlite = "SQLite";
    const string Postgres = "PostgreSQL";

    /// <summary>Without tables.</summary>
    static async Task<TestDatabase> CreateAsync(string engine) =>
        engine == Sqlite ? TestDatabase.Sqlite : await TestDatabase.CreatePostgresAsync(empty: true);
}

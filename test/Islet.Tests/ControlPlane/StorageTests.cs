using Islet.ControlPlane.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.ControlPlane;

public sealed class StorageTests : IDisposable
{
    readonly ControlPlaneDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Migrations_lead_to_the_model()
    {
        await using var control = await directory.StartAsync();
        await using var scope = control.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();

        db.Database.HasPendingModelChanges().ShouldBeFalse();
        (await db.Database.GetPendingMigrationsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_user_of_the_first_start_becomes_the_operator_of_an_older_installation()
    {
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
}

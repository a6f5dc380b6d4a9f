using Islet.ControlPlane.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.ControlPlane;

/// <summary>The number that answers are kept by: another one after each commit, and before it the same.</summary>
public sealed class RowsVersionTests : IAsyncLifetime
{
    readonly ControlPlaneDirectory directory = new();
    ServiceProvider control = null!;

    public async ValueTask InitializeAsync() => control = await directory.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await control.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task It_is_another_one_after_a_commit_and_not_before()
    {
        var rows = control.GetRequiredService<RowsVersion>();
        await Eventually.HoldsAsync(async () => await rows.ReadAsync() == await rows.ReadAsync()); // others may write to the same server
        for (var n = 0; n < 20; n++)
        {
            await using var scope = control.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
            await using var transaction = await db.Database.BeginTransactionAsync();
            await db.Users.ExecuteUpdateAsync(set => set.SetProperty(row => row.Name, $"{n}"));
            await Eventually.HoldsAsync(async () => await rows.ReadAsync() == await rows.ReadAsync());
            var before = await rows.ReadAsync();

            await transaction.CommitAsync();

            (await rows.ReadAsync()).ShouldNotBe(before);
        }
    }

    [Fact]
    public async Task Many_who_ask_at_once_all_see_what_was_committed_before()
    {
        var rows = control.GetRequiredService<RowsVersion>();
        var asking = Enumerable.Range(0, 8).Select(reader => Task.Run(async () =>
        {
            for (var n = 0; n < 50; n++)
            {
                var before = await rows.ReadAsync();
                await using (var scope = control.CreateAsyncScope())
                    await scope.ServiceProvider.GetRequiredService<IsletDb>().Users.ExecuteUpdateAsync(set => set.SetProperty(row => row.Name, $"{reader} {n}"));
                (await rows.ReadAsync()).ShouldNotBe(before);
            }
        }));

        await Task.WhenAll(asking);
    }
}

using Islet.Contracts;
using Islet.ControlPlane.Deployments;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.ControlPlane;

public sealed class ClaimDeploymentTests : IDisposable
{
    readonly ControlPlaneDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Who_has_nothing_under_way_comes_before_who_came_first()
    {
        await using var control = await directory.StartAsync();
        var (many, one) = (await Tenant.FirstAsync(control), await Tenant.AnotherAsync(control));
        DeploymentId[] first = [await many.CreateAsync("1"), await many.CreateAsync("2"), await many.CreateAsync("3")];
        var last = await one.CreateAsync("4");

        (await NextAsync(control, share: 2)).ShouldBe(first[0]);
        (await NextAsync(control, share: 2)).ShouldBe(last);
        (await NextAsync(control, share: 2)).ShouldBe(first[1]);
        (await NextAsync(control, share: 2)).ShouldBeNull("the first has its share");

        await many.FailAsync(first[0], "builder");
        (await NextAsync(control, share: 2)).ShouldBe(first[2]);
    }

    [Fact]
    public async Task Builders_that_look_at_once_do_not_take_more_than_a_share()
    {
        await using var control = await directory.StartAsync();
        var tenant = await Tenant.FirstAsync(control);
        for (var index = 0; index < 10; index++)
            await tenant.CreateAsync("a");

        var claimed = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => NextAsync(control, share: 3))));

        claimed.Count(id => id is not null).ShouldBe(3);
    }

    static async Task<DeploymentId?> NextAsync(ServiceProvider control, int share)
    {
        await using var scope = control.CreateAsyncScope();
        return (await scope.ServiceProvider.GetRequiredService<ClaimDeployment>().NextAsync("builder", share, default))?.Id;
    }
}

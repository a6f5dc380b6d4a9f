using Islet.Contracts;
using Islet.ControlPlane.Builds;
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

    [Fact]
    public async Task Share_is_of_the_builders_of_one_node()
    {
        await using var control = await directory.StartAsync();
        var tenant = await Tenant.FirstAsync(control);
        for (var index = 0; index < 4; index++)
            await tenant.CreateAsync("a");

        (await NextAsync(control, share: 1, "one/0")).ShouldNotBeNull();
        (await NextAsync(control, share: 1, "one/1")).ShouldBeNull();
        (await NextAsync(control, share: 1, "other/0")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Build_of_a_silent_builder_is_taken_and_what_it_writes_later_is_not()
    {
        await using var control = await directory.StartAsync(add: services => services.Configure<BuildsOptions>(options => options.Lease = TimeSpan.FromMilliseconds(200)));
        var tenant = await Tenant.FirstAsync(control);
        var id = await tenant.CreateAsync("a");
        (await NextAsync(control, share: 2, "one/0")).ShouldBe(id);

        await Eventually.HoldsAsync(async () => await NextAsync(control, share: 2, "other/0") == id);

        await using var scope = control.CreateAsyncScope();
        var claims = scope.ServiceProvider.GetRequiredService<ClaimDeployment>();
        (await claims.RenewAsync(id, "one/0", default)).ShouldBeFalse();
        (await claims.ReleaseAsync("one", default)).ShouldBe(0);
        (await scope.ServiceProvider.GetRequiredService<FailDeployment>().RunAsync(id, "one/0", "late", default)).ShouldBeFalse();
        (await scope.ServiceProvider.GetRequiredService<ActivateDeployment>().RunAsync(id, "one/0", new(id.Value, Sha256: null), default)).ShouldBeFalse();
        (await scope.ServiceProvider.GetRequiredService<ActivateDeployment>().RunAsync(id, "other/0", new(id.Value, Sha256: null), default)).ShouldBeTrue();
    }

    [Fact]
    public async Task Build_whose_builder_speaks_is_not_taken()
    {
        var lease = TimeSpan.FromSeconds(3);
        await using var control = await directory.StartAsync(add: services => services.Configure<BuildsOptions>(options => options.Lease = lease));
        var tenant = await Tenant.FirstAsync(control);
        var id = await tenant.CreateAsync("a");
        DeploymentPlan plan;
        await using (var scope = control.CreateAsyncScope())
            plan = (await scope.ServiceProvider.GetRequiredService<ClaimDeployment>().NextAsync("one/0", 2, default))!;
        await using var claim = new HoldClaim(control.GetRequiredService<IServiceScopeFactory>(), plan, lease, TimeProvider.System, default);

        await Task.Delay(lease * 1.5);
        (await NextAsync(control, share: 2, "other/0")).ShouldBeNull();
        claim.Lost.IsCancellationRequested.ShouldBeFalse();

        await tenant.DeleteAsync(id);
        await Eventually.HoldsAsync(() => claim.Lost.IsCancellationRequested);
    }

    static async Task<DeploymentId?> NextAsync(ServiceProvider control, int share, string builder = "builder")
    {
        await using var scope = control.CreateAsyncScope();
        return (await scope.ServiceProvider.GetRequiredService<ClaimDeployment>().NextAsync(builder, share, default))?.Id;
    }
}

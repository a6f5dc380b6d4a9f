using Islet.ControlPlane.Deployments;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.ControlPlane.Builds;

/// <summary>
/// Says again and again that a build is under way, until it is disposed. When the row says otherwise, or nobody could be
/// told for as long as the claim holds, the build is another's: <see cref="Lost"/>.
/// </summary>
sealed class HoldClaim : IAsyncDisposable
{
    readonly IServiceScopeFactory scopes;
    readonly DeploymentPlan plan;
    readonly TimeSpan lease;
    readonly TimeProvider time;
    readonly CancellationTokenSource lost;
    readonly CancellationTokenSource done = new();
    readonly Task saying;

    public HoldClaim(IServiceScopeFactory scopes, DeploymentPlan plan, TimeSpan lease, TimeProvider time, CancellationToken stopping)
    {
        (this.scopes, this.plan, this.lease, this.time) = (scopes, plan, lease, time);
        lost = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        saying = Task.Run(SayAsync, CancellationToken.None);
    }

    /// <summary>Cancelled too when the server stops.</summary>
    public CancellationToken Lost => lost.Token;

    public async ValueTask DisposeAsync()
    {
        await done.CancelAsync();
        await saying;
        lost.Dispose();
        done.Dispose();
    }

    async Task SayAsync()
    {
        var said = time.GetTimestamp();
        while (!done.IsCancellationRequested)
        {
            await Task.Delay(lease / 3, time, done.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (done.IsCancellationRequested)
                return;
            var now = time.GetTimestamp();
            switch (await TrySayAsync())
            {
                case true:
                    said = now;
                    break;
                case null when time.GetElapsedTime(said) < lease:
                    break;
                default:
                    await lost.CancelAsync();
                    return;
            }
        }
    }

    /// <summary>Null when the database could not be asked in time.</summary>
    async Task<bool?> TrySayAsync()
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(done.Token);
            limit.CancelAfter(lease / 3);
            await using var scope = scopes.CreateAsyncScope();
            return await scope.ServiceProvider.GetRequiredService<ClaimDeployment>().RenewAsync(plan.Id, plan.Builder, limit.Token);
        }
        catch (Exception)
        {
            // whatever it is, it counts as silence: the claim runs out by itself, and the build's own statements tell what is wrong
            return null;
        }
    }
}

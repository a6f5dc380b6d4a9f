using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;

namespace Islet.Api.DenoDeploy;

/// <summary>
/// A redeployment as deployctl asks for it, <c>?internal=true</c>: it wants the hosts of the new deployment and deletes the
/// old one once it has an answer, so that comes when the build has ended, and is a refusal when it failed.
/// </summary>
sealed class RedeployToEnd(RedeployDeployment redeploy, DeploymentDetails details, BuildLines build)
{
    /// <summary>Then the answer is what is there: a pending deployment.</summary>
    static readonly TimeSpan AtMost = TimeSpan.FromMinutes(5);

    public async Task<Outcome<DeploymentView>> RunAsync(
        Caller caller, DeploymentId source, DeploymentChanges changes, CancellationToken cancellation)
    {
        var begun = await redeploy.RunAsync(caller, source, changes, cancellation);
        if (begun.IsRefused(out _))
            return begun;
        await build.WaitAsync(caller, begun.Value.Id, AtMost, cancellation);
        var ended = await details.GetAsync(caller, begun.Value.Id, CancellationToken.None); // it was made: a client that is gone can ask for the answer
        if (ended.IsRefused(out var refusal))
            return refusal;
        return ended.Value.Failure is { } failure
            ? new Refusal(RefusalCode.BadRequest, $"The deployment {begun.Value.Id} failed: {failure}")
            : ended.Value.View;
    }
}

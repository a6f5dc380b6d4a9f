using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Logs;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.Extensions.Hosting;

namespace Islet.Api.DenoDeploy;

/// <summary>What a build says, from its first line until it has ended or the deployment is not the caller's any more.</summary>
sealed class BuildLines(LogAccess access, BuildLogs logs, IHostApplicationLifetime lifetime)
{
    public IAsyncEnumerable<BuildLogEntry> ReadAsync(Caller caller, DeploymentId deployment, CancellationToken cancellation)
    {
        return logs.ReadAsync(deployment, 0, HasEndedAsync, cancellation);

        async ValueTask<bool> HasEndedAsync(CancellationToken asked)
        {
            var now = await access.FindAsync(caller, deployment, asked);
            return now.IsRefused(out _) || now.Value != DeploymentStatus.Pending;
        }
    }

    /// <summary>Returns when it has ended, after <paramref name="atMost"/>, when the server stops or the client is gone.</summary>
    public async Task WaitAsync(Caller caller, DeploymentId deployment, TimeSpan atMost, CancellationToken clientGone)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping, clientGone);
        enough.CancelAfter(atMost);
        try
        {
            await foreach (var _ in ReadAsync(caller, deployment, enough.Token))
            {
                // only its end is waited for
            }
        }
        catch (OperationCanceledException)
        {
            // it goes on without a listener
        }
    }
}

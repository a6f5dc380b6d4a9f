using System.Collections.Concurrent;
using Islet.Contracts;

namespace Islet.Tests.ControlPlane;

/// <summary>Runs nothing; keeps what it was told to drain.</summary>
sealed class RecordingIsolates : IIsolates
{
    public ConcurrentQueue<(DeploymentId Deployment, ShutdownReason Reason)> Drained { get; } = new();

    public ValueTask<LeaseOutcome> LeaseAsync(IsolateSpec spec, CancellationToken cancellation) =>
        ValueTask.FromResult(LeaseOutcome.Of(new StartFailure(StartFailureReason.NoCapacity, [])));

    public void Return(IsolateLease lease, ShutdownReason reason)
    {
        // no lease was given
    }

    public void Kill(IsolateLease lease, ShutdownReason reason)
    {
        // no lease was given
    }

    public void Drain(DeploymentId deployment, ShutdownReason reason) => Drained.Enqueue((deployment, reason));
}

using System.Diagnostics.CodeAnalysis;

namespace Islet.Contracts;

/// <summary>For what is done inside an isolate without a visitor: the edge treats it as one more request.</summary>
public interface IVisits
{
    /// <summary>
    /// Enters the isolate of a deployment, which is started if need be: it stays, and is counted and watched for the limits
    /// of its project as while it serves a request, until the visit is disposed. Never throws for what the program did.
    /// </summary>
    /// <param name="host">One that leads to the deployment.</param>
    Task<VisitOutcome> EnterAsync(string host, DeploymentId deployment, CancellationToken cancellation);
}

/// <summary>Dispose it once.</summary>
public sealed class Visit(IsolateLease lease, Action leave) : IDisposable
{
    public IsolateLease Lease => lease;

    public void Dispose() => leave();
}

/// <summary>Either a visit or why there is none, for the program's author.</summary>
/// <param name="IsRouted">False: the host does not lead there, or not yet on this node.</param>
public readonly record struct VisitOutcome(Visit? Visit, string? Problem, bool IsRouted = true)
{
    [MemberNotNullWhen(true, nameof(Visit))]
    [MemberNotNullWhen(false, nameof(Problem))]
    public bool Entered => Visit is not null;
}

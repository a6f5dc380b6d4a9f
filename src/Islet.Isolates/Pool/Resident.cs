using Islet.Contracts;

namespace Islet.Isolates.Pool;

/// <summary>The one place of a deployment on this node: a start under way, then its isolate. Belongs to the pool's lock.</summary>
internal sealed class Resident
{
    public required OrganizationId Organization { get; init; }

    /// <summary>Completes with null when the isolate serves, or with why it does not. Shared by all who wait.</summary>
    public Task<StartFailure?> Start { get; set; } = Task.FromResult<StartFailure?>(null);

    public LiveIsolate? Live { get; set; }

    /// <summary>Callers who wait for <see cref="Start"/>; each has a claim to a lease.</summary>
    public int Waiters { get; set; }

    /// <summary>Set by a drain that came before the start was over.</summary>
    public ShutdownReason? Drained { get; set; }
}

namespace Islet.ControlPlane.Domains;

/// <summary>
/// Whether a name is its organization's. <paramref name="Problem"/> says what is missing, null: it is. With
/// <paramref name="Proven"/> it takes the name from whoever had it; else the first one keeps it.
/// </summary>
public sealed record DomainProof(string? Problem, bool Proven = false);

/// <summary>The seam behind the verification of domains. An installation has one; the settings choose it.</summary>
public interface IDomainVerifier
{
    /// <summary>Asks the outside, within a time of its own.</summary>
    /// <param name="name">The domain, with its wildcard.</param>
    /// <param name="target">Name that its challenge must be delegated to.</param>
    Task<DomainProof> CheckAsync(string name, string target, CancellationToken cancellation);
}

/// <summary>For installations without DNS of their own: whoever asks first has the name.</summary>
sealed class TrustingVerifier : IDomainVerifier
{
    public Task<DomainProof> CheckAsync(string name, string target, CancellationToken cancellation) => Task.FromResult(new DomainProof(null));
}

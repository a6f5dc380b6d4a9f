using System.Collections.Concurrent;
using Islet.ControlPlane.Domains;

namespace Islet.Tests.Api;

/// <summary>Says about names what it was told; all others are proven.</summary>
sealed class ToldVerifier : IDomainVerifier
{
    public ConcurrentDictionary<string, DomainProof> Told { get; } = new(StringComparer.Ordinal);

    /// <summary>Names it was asked about, with the target of their challenge.</summary>
    public ConcurrentQueue<(string Name, string Target)> Asked { get; } = new();

    public Task<DomainProof> CheckAsync(string name, string target, CancellationToken cancellation)
    {
        Asked.Enqueue((name, target));
        return Task.FromResult(Told.GetValueOrDefault(name) ?? new(null, Proven: true));
    }
}

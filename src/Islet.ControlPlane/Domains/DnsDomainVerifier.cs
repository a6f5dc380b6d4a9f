using Islet.Contracts;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Domains;

/// <summary>
/// Asks DNS: the challenge of the name must be delegated to this organization's token, and, where the operator has said
/// which addresses are ours, the name must lead to one of them.
/// </summary>
sealed class DnsDomainVerifier(INameLookup lookup, IOptions<DomainsOptions> options) : IDomainVerifier
{
    /// <summary>Stands for the hosts of a wildcard.</summary>
    const string Probe = "islet-verification";

    static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public async Task<DomainProof> CheckAsync(string name, string target, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        try
        {
            return new(await DelegationProblemAsync(DomainName.Base(name), target, limit.Token) ?? await AddressProblemAsync(name, limit.Token), Proven: true);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new("no DNS server answered in time");
        }
    }

    async Task<string?> DelegationProblemAsync(string name, string target, CancellationToken cancellation)
    {
        var challenge = $"_acme-challenge.{name}";
        return await lookup.AskAsync(challenge, NameRecord.Cname, cancellation) switch
        {
            null => $"no DNS server answered for {challenge}",
            { Count: 0 } => $"{challenge} has no CNAME record: it must be {target}.",
            var found when found.Contains(target, StringComparer.OrdinalIgnoreCase) => null,
            _ => $"the CNAME record of {challenge} must be {target}.",
        };
    }

    async Task<string?> AddressProblemAsync(string name, CancellationToken cancellation)
    {
        if (options.Value.PublicAddresses.Count == 0)
            return null;
        var host = DomainName.IsWildcard(name) ? $"{Probe}.{DomainName.Base(name)}" : name;
        foreach (var record in (NameRecord[])[NameRecord.A, NameRecord.Aaaa])
            if (await lookup.AskAsync(host, record, cancellation) is { } found && found.Intersect(options.Value.PublicAddresses, StringComparer.OrdinalIgnoreCase).Any())
                return null;
        return $"{name} has no A or AAAA record that leads to this platform: {string.Join(", ", options.Value.PublicAddresses)}";
    }
}

using System.Net;
using System.Net.Sockets;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Domains;

public sealed record DnsRecordView(string Type, string Name, string Content);

public sealed record CertificateView(CertificateCipher Cipher, DateTimeOffset ExpiresAt, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>A domain as its organization sees it. Project and deployment are those that its own name leads to now.</summary>
public sealed record DomainView(
    Guid Id,
    OrganizationId Organization,
    string Name,
    string Token,
    bool IsVerified,
    IReadOnlyList<CertificateView> Certificates,
    Provisioning Provisioning,
    string? ProvisioningProblem,
    ProjectId? Project,
    DeploymentId? Deployment,
    IReadOnlyList<DnsRecordView> DnsRecords,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>Reads domains with what belongs to them.</summary>
public sealed class DomainViews(IsletDb db, HostNames names, IOptions<DomainsOptions> options)
{
    internal async Task<List<DomainView>> ReadAsync(IQueryable<Domain> rows, CancellationToken cancellation)
    {
        var domains = await rows.AsNoTracking().ToListAsync(cancellation);
        var (ids, hosts) = (domains.ConvertAll(row => row.Id), domains.ConvertAll(row => row.Name));
        var certificates = (await db.DomainCertificates.AsNoTracking().Where(row => ids.Contains(row.DomainId)).OrderBy(row => row.Cipher)
            .Select(row => new { row.DomainId, View = new CertificateView(row.Cipher, row.ExpiresAt, row.CreatedAt, row.UpdatedAt) })
            .ToListAsync(cancellation)).ToLookup(row => row.DomainId, row => row.View);
        var mapped = await db.MappedHosts.AsNoTracking().Where(row => hosts.Contains(row.Host)).ToDictionaryAsync(row => row.Host, cancellation);
        return domains.ConvertAll(row => View(
            row, [.. certificates[row.Id]],
            mapped.GetValueOrDefault(row.Name) is { } host && host.OrganizationId == row.OrganizationId ? host : null));
    }

    DomainView View(Domain row, List<CertificateView> certificates, MappedHost? host)
    {
        var token = DomainName.Token(row.OrganizationId, row.Name);
        return new(
            row.Id, row.OrganizationId, row.Name, token, row.VerifiedName is not null, certificates, row.Provisioning,
            row.ProvisioningProblem, host?.ProjectId, host?.DeploymentId, Records(row.Name, token), row.CreatedAt, row.UpdatedAt);
    }

    /// <summary>Always three, in this order: clients take them by their place.</summary>
    List<DnsRecordView> Records(string name, string token)
    {
        var (within, challenge) = (DomainName.WithinZone(name), DomainName.WithinZone(DomainName.Base(name)));
        return
        [
            new("A", within, Address(AddressFamily.InterNetwork) ?? "127.0.0.1"),
            new("AAAA", within, Address(AddressFamily.InterNetworkV6) ?? "::1"),
            new("CNAME", challenge == "@" ? "_acme-challenge" : $"_acme-challenge.{challenge}", names.ChallengeTarget(token) + "."),
        ];
    }

    string? Address(AddressFamily family) =>
        options.Value.PublicAddresses.FirstOrDefault(text => IPAddress.TryParse(text, out var address) && address.AddressFamily == family);
}

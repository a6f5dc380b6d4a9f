using System.Security.Cryptography;
using System.Text;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Secrets;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Domains;

/// <summary>Certificates of a domain: uploaded by its owner, or asked of the issuer. Both verify the domain first,
/// and visitors get what is stored once they return.</summary>
public sealed class DomainCertificates(IsletDb db, VerifyDomain verify, ICertificateIssuer issuer, SecretVault vault, CertificatePublisher publisher, TimeProvider time)
{
    /// <summary>Null when it is stored.</summary>
    public async Task<Refusal?> AddAsync(Caller caller, Guid id, string privateKey, string certificateChain, CancellationToken cancellation)
    {
        var domain = await db.Domains.AsNoTracking().Of(caller).FirstOrDefaultAsync(row => row.Id == id, cancellation);
        if (domain is null)
            return Domains.NotFound(id);
        if (caller.Refuse(domain.OrganizationId, Act.Deploy) is { } forbidden)
            return forbidden;
        if (CertificateRules.Check(privateKey, certificateChain, domain.Name, time.GetUtcNow()).IsRefused(out var refusal, out var certificate))
            return refusal;
        return await verify.RunAsync(caller, id, cancellation) ?? await StoreAsync(id, [certificate], Provisioning.Manual, cancellation);
    }

    /// <summary>Null when certificates for both kinds of keys are stored; else the domain says why not, too.</summary>
    public async Task<Refusal?> ProvisionAsync(Caller caller, Guid id, CancellationToken cancellation)
    {
        if (await verify.RunAsync(caller, id, cancellation) is { } refusal)
            return refusal;
        var domain = await db.Domains.AsNoTracking().Of(caller).FirstOrDefaultAsync(row => row.Id == id, cancellation);
        if (domain is null)
            return Domains.NotFound(id);
        var issued = await issuer.IssueAsync(domain.Name, cancellation);
        if (issued.Problem is { } problem)
            return await FailAsync(id, problem, cancellation);
        var certificates = new List<CheckedCertificate>();
        foreach (var one in issued.Certificates)
        {
            if (CertificateRules.Check(one.PrivateKey, one.CertificateChain, domain.Name, time.GetUtcNow()).IsRefused(out var wrong, out var certificate))
                return await FailAsync(id, $"the issuer gave a certificate that cannot be used: {wrong.Message}", cancellation);
            certificates.Add(certificate);
        }
        return await StoreAsync(id, certificates, Provisioning.Success, cancellation);
    }

    /// <summary>What a sealed key of a domain belongs to.</summary>
    internal static string Belonging(Guid domain, CertificateCipher cipher) =>
        $"certificate\n{domain:D}\n{(cipher == CertificateCipher.Rsa ? "rsa" : "ec")}";

    async Task<Refusal?> StoreAsync(Guid id, List<CheckedCertificate> certificates, Provisioning provisioning, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var domain = await db.Domains.FirstOrDefaultAsync(row => row.Id == id, cancellation);
        if (domain is null)
            return Domains.NotFound(id);
        var now = time.Moment();
        foreach (var certificate in certificates)
        {
            var sealedKey = vault.Seal(certificate.Key, Belonging(id, certificate.Cipher));
            CryptographicOperations.ZeroMemory(certificate.Key);
            var row = await db.DomainCertificates.FirstOrDefaultAsync(row => row.DomainId == id && row.Cipher == certificate.Cipher, cancellation);
            if (row is null)
                db.DomainCertificates.Add(new()
                {
                    DomainId = id, Cipher = certificate.Cipher, Chain = certificate.Chain, SealedKey = sealedKey,
                    ExpiresAt = certificate.ExpiresAt, CreatedAt = now, UpdatedAt = now,
                });
            else
                (row.Chain, row.SealedKey, row.ExpiresAt, row.UpdatedAt) = (certificate.Chain, sealedKey, certificate.ExpiresAt, now);
        }
        (domain.Provisioning, domain.ProvisioningProblem, domain.UpdatedAt) = (provisioning, null, now);
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);

        await publisher.PublishAsync([id], CancellationToken.None);
        return null;
    }

    async Task<Refusal?> FailAsync(Guid id, string problem, CancellationToken cancellation)
    {
        var (told, now) = (problem.Length <= 1000 ? problem : problem[..1000], time.Moment());
        await db.Domains.Where(row => row.Id == id).ExecuteUpdateAsync(
            row => row.SetProperty(d => d.Provisioning, Provisioning.Failed).SetProperty(d => d.ProvisioningProblem, told).SetProperty(d => d.UpdatedAt, now),
            cancellation);
        return new(RefusalCode.BadRequest, $"The certificates could not be provisioned: {told}");
    }
}

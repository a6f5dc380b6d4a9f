namespace Islet.ControlPlane.Domains;

/// <summary>A key and the certificates for it, both PEM.</summary>
public sealed record IssuedCertificate(string PrivateKey, string CertificateChain);

/// <summary>What an issuer gave, or why it gave nothing.</summary>
public sealed record Issued(IReadOnlyList<IssuedCertificate> Certificates, string? Problem = null);

/// <summary>The seam behind the provisioning of certificates. An installation has one; the settings choose it.</summary>
public interface ICertificateIssuer
{
    /// <summary>Gives one certificate for each kind of key, within a minute. Never throws for what the outside says.</summary>
    Task<Issued> IssueAsync(string domain, CancellationToken cancellation);
}

sealed class NoIssuer : ICertificateIssuer
{
    public Task<Issued> IssueAsync(string domain, CancellationToken cancellation) =>
        Task.FromResult(new Issued([], "this installation has no issuer of certificates: upload one"));
}

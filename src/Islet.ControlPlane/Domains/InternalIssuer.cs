using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Islet.ControlPlane.Storage;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Domains;

/// <summary>
/// Issues certificates of this installation's own authority, whose certificate and key are in
/// <c>&lt;data&gt;/keys/domains-ca.pem</c>: for networks where visitors can be told to believe it.
/// </summary>
sealed class InternalIssuer(IOptions<ControlPlaneOptions> options, TimeProvider time) : ICertificateIssuer, IDisposable
{
    static readonly TimeSpan Lifetime = TimeSpan.FromDays(90);
    static readonly TimeSpan LifetimeOfAuthority = TimeSpan.FromDays(3650);

    /// <summary>The domain is in the alternative names, where clients look; here it might be too long (RFC 5280, appendix A: 64).</summary>
    const string Subject = "CN=Islet domain";

    /// <summary>Clocks differ.</summary>
    static readonly TimeSpan Before = TimeSpan.FromHours(1);

    readonly string file = Path.Combine(Path.GetFullPath(options.Value.DataDirectory), "keys", "domains-ca.pem");
    readonly Lock opening = new();
    X509Certificate2? authority; // set once, under the lock

    public Task<Issued> IssueAsync(string domain, CancellationToken cancellation)
    {
        var signer = Authority();
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = time.GetUtcNow();
        return Task.FromResult(new Issued(
        [
            Issue(signer, new CertificateRequest(Subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), rsa, domain, now),
            Issue(signer, new CertificateRequest(Subject, ec, HashAlgorithmName.SHA256), ec, domain, now),
        ]));
    }

    public void Dispose() => authority?.Dispose();

    static IssuedCertificate Issue(X509Certificate2 signer, CertificateRequest request, AsymmetricAlgorithm key, string domain, DateTimeOffset now)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(domain);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        using var signing = signer.GetECDsaPrivateKey()!;
        using var certificate = request.Create(
            signer.SubjectName, X509SignatureGenerator.CreateForECDsa(signing), now - Before, now + Lifetime, RandomNumberGenerator.GetBytes(16));
        return new(key.ExportPkcs8PrivateKeyPem(), certificate.ExportCertificatePem() + "\n" + signer.ExportCertificatePem() + "\n");
    }

    X509Certificate2 Authority()
    {
        lock (opening)
        {
            if (authority is not null)
                return authority;
            if (!File.Exists(file))
                Make();
            return authority = X509Certificate2.CreateFromPemFile(file);
        }
    }

    /// <summary>Durable before the first certificate is signed with it.</summary>
    void Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Islet domains", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        var now = time.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now - Before, now + LifetimeOfAuthority);

        var directory = Path.GetDirectoryName(file)!;
        Durable.CreateDirectory(directory);
        Durable.OwnerOnly(new DirectoryInfo(directory));
        Durable.WritePrivately(file, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
    }
}

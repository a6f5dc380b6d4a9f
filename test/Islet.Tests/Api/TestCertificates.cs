using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace Islet.Tests.Api;

/// <summary>Keys and certificates of an authority that lives as long as the test.</summary>
static class TestCertificates
{
    public sealed record Pair(string PrivateKey, string Chain)
    {
        public JsonObject Body => new() { ["privateKey"] = PrivateKey, ["certificateChain"] = Chain };
    }

    public static Pair Make(string name, bool rsa = false, TimeSpan? validFor = null, int rsaBits = 2048)
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=test authority", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        var now = DateTimeOffset.UtcNow;
        using var authority = authorityRequest.CreateSelfSigned(now.AddDays(-2), now.AddDays(30));

        using AsymmetricAlgorithm key = rsa ? RSA.Create(rsaBits) : ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var request = key is RSA rsaKey
            ? new CertificateRequest("CN=leaf", rsaKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest("CN=leaf", (ECDsa)key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var leaf = request.Create(
            authority.SubjectName, X509SignatureGenerator.CreateForECDsa(authorityKey), now.AddDays(-1), now + (validFor ?? TimeSpan.FromDays(20)), [1, 2, 3]);
        return new(key.ExportPkcs8PrivateKeyPem(), leaf.ExportCertificatePem() + "\n" + authority.ExportCertificatePem());
    }
}

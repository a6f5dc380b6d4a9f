using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Islet.Contracts;

namespace Islet.ControlPlane.Domains;

/// <summary>A key with its certificates, after all checks.</summary>
/// <param name="Key">PKCS #8.</param>
sealed record CheckedCertificate(CertificateCipher Cipher, byte[] Key, string Chain, DateTimeOffset ExpiresAt);

/// <summary>What a certificate of a domain must be. PEM from outside is text until it has passed here.</summary>
static class CertificateRules
{
    const int MaxText = 64 * 1024;
    const int MaxCertificates = 10;
    const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    static readonly int[] RsaBits = [2048, 3072, 4096];
    static readonly int[] EcBits = [256, 384, 521];

    public static Outcome<CheckedCertificate> Check(string privateKey, string certificateChain, string domain, DateTimeOffset now)
    {
        if (privateKey.Length > MaxText)
            return Bad("privateKey", "is too long");
        if (certificateChain.Length > MaxText)
            return Bad("certificateChain", "is too long");
        var chain = new X509Certificate2Collection();
        try
        {
            if (ReadChain(chain, certificateChain) is { } unreadable)
                return Bad("certificateChain", unreadable);
            using var rsa = Read(RSA.Create, privateKey);
            using var ec = rsa is null ? Read(ECDsa.Create, privateKey) : null;
            AsymmetricAlgorithm? key = rsa is null ? ec : rsa;
            if (key is null)
                return Bad("privateKey", "must be one RSA or ECDSA key in PEM, not encrypted");
            if (!(rsa is null ? EcBits : RsaBits).Contains(key.KeySize))
                return Bad("privateKey", "must be RSA with 2048, 3072 or 4096 bits, or ECDSA on P-256, P-384 or P-521");
            if (Problem(chain, key, domain, now) is { } problem)
                return Bad("certificateChain", problem);
            return new CheckedCertificate(
                rsa is null ? CertificateCipher.Ec : CertificateCipher.Rsa, key.ExportPkcs8PrivateKey(), chain.ExportCertificatePems(),
                ExpiryOf(chain[0]));
        }
        finally
        {
            foreach (var certificate in chain)
                certificate.Dispose();
        }
    }

    static string? ReadChain(X509Certificate2Collection chain, string text)
    {
        try
        {
            chain.ImportFromPem(text);
        }
        catch (CryptographicException)
        {
            return "is not PEM that can be read";
        }
        return chain.Count is 0 or > MaxCertificates ? $"must have 1 to {MaxCertificates} certificates in PEM" : null;
    }

    static TKey? Read<TKey>(Func<TKey> make, string pem)
        where TKey : AsymmetricAlgorithm
    {
        var key = make();
        try
        {
            key.ImportFromPem(pem);
            _ = key.ExportPkcs8PrivateKey(); // a public key has none
            return key;
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            key.Dispose(); // another kind of key, or none
            return null;
        }
    }

    static string? Problem(X509Certificate2Collection chain, AsymmetricAlgorithm key, string domain, DateTimeOffset now)
    {
        var own = chain[0];
        if (!own.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()))
            return "must begin with the certificate of this key";
        if (now.UtcDateTime < own.NotBefore.ToUniversalTime() || now >= ExpiryOf(own))
            return "has a certificate that is not valid now";
        if (!Names(own).Any(name => Matches(name.ToLowerInvariant(), domain)))
            return $"has no certificate for {domain}";
        if (own.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is { } usage
            && !usage.EnhancedKeyUsages.OfType<Oid>().Any(oid => oid.Value == ServerAuthentication))
            return "has a certificate that is not for servers";
        for (var at = 1; at < chain.Count; at++)
            if (!chain[at - 1].IssuerName.RawData.AsSpan().SequenceEqual(chain[at].SubjectName.RawData))
                return "must have each certificate followed by that of its issuer";
        return null;
    }

    static DateTimeOffset ExpiryOf(X509Certificate2 certificate) => new(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);

    static IEnumerable<string> Names(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames());

    /// <summary>A wildcard needs a certificate for the same wildcard, a name one for itself or the wildcard over it.</summary>
    static bool Matches(string name, string domain) => name == domain || (!DomainName.IsWildcard(domain) && DomainName.Covers(name, domain));

    static Refusal Bad(string field, string problem) => new(RefusalCode.BadRequest, $"{field} {problem}", field);
}

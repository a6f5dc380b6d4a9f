using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Islet.Gateway.Tls;

/// <summary>Certificates of single hosts, issued when first asked for. Hostile programs choose the names: the number kept is bounded.</summary>
/// <param name="mostKept">Of all hosts, about 4 KiB each.</param>
sealed class LeafCertificates(X509Certificate2 authority, TimeProvider time, int mostKept = 1024)
{
    static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);
    static readonly TimeSpan LeastLeft = TimeSpan.FromDays(1);
    static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    readonly ConcurrentDictionary<string, (SslStreamCertificateContext Certificate, DateTimeOffset Until)> kept = new(StringComparer.Ordinal);

    public int Count => kept.Count;

    public SslStreamCertificateContext? For(string host)
    {
        var name = host.ToLowerInvariant().TrimEnd('.');
        var now = time.GetUtcNow();
        if (kept.TryGetValue(name, out var present) && present.Until > now)
            return present.Certificate;
        if (NameOf(name) is not { } subject)
            return null;

        // Who asks for new names without end makes others' be issued anew, which costs a millisecond each.
        if (kept.Count >= mostKept)
            kept.Clear();
        var issued = Issue(subject, now);
        kept[name] = (issued, now + Lifetime - LeastLeft);
        return issued;
    }

    static SubjectAlternativeNameBuilder? NameOf(string name)
    {
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out var address))
            names.AddIpAddress(address);
        else if (name.Length is > 0 and <= 253 && name.Split('.').All(IsLabel))
            names.AddDnsName(name);
        else
            return null;
        return names;
    }

    static bool IsLabel(string label) => label.Length is > 0 and <= 63 && label.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_');

    SslStreamCertificateContext Issue(SubjectAlternativeNameBuilder names, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Islet", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ServerAuthentication], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));

        Span<byte> serial = stackalloc byte[16];
        RandomNumberGenerator.Fill(serial);
        serial[0] = (byte)(serial[0] & 0x7f | 0x40); // positive and of one length (RFC 5280 section 4.1.2.2)
        var end = now + Lifetime;
        var authorityEnd = new DateTimeOffset(authority.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        using var certificate = request.Create(authority, now.AddHours(-1), end < authorityEnd ? end : authorityEnd, serial);

        // offline: no certificate of ours names a place from which to fetch anything
        return SslStreamCertificateContext.Create(certificate.CopyWithPrivateKey(key), additionalCertificates: null, offline: true);
    }
}

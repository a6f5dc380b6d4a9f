using System.Collections.Frozen;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Islet.Contracts;

/// <summary>A certificate with its key and chain, ready for handshakes: made once, since sessions are resumed by it too.</summary>
public sealed class ServerCertificate
{
    /// <param name="own">With its key.</param>
    /// <param name="issuers">Sent behind it.</param>
    public ServerCertificate(X509Certificate2 own, X509Certificate2Collection issuers)
    {
        // offline: neither issuers nor OCSP answers are fetched from where a certificate says they are
        Context = SslStreamCertificateContext.Create(own, issuers, offline: true);
        using var ecdsa = own.GetECDsaPublicKey();
        EcdsaBits = ecdsa?.KeySize ?? 0;
        ExpiresAt = new(own.NotAfter.ToUniversalTime(), TimeSpan.Zero);
    }

    public SslStreamCertificateContext Context { get; }

    /// <summary>Of its key: 256, 384 or 521; 0 is RSA.</summary>
    public int EcdsaBits { get; }

    public DateTimeOffset ExpiresAt { get; }
}

/// <summary>A certificate that is opened when a visitor first asks for it: most are never asked for on this node.</summary>
/// <param name="Open">Null: it cannot be used, and was told.</param>
public sealed record StoredCertificate(DateTimeOffset ExpiresAt, DateTimeOffset StoredAt, Func<ServerCertificate?> Open)
{
    ServerCertificate? opened;
    bool failed;

    /// <summary>Takes no lock. Visitors who come first at the same moment may open it more than once.</summary>
    public ServerCertificate? Certificate
    {
        get
        {
            if (Volatile.Read(ref opened) is { } present)
                return present;
            if (Volatile.Read(ref failed))
                return null;
            if (Open() is { } made)
                return Interlocked.CompareExchange(ref opened, made, null) ?? made;
            Volatile.Write(ref failed, true);
            return null;
        }
    }
}

/// <summary>All certificates of verified domains at one moment. Immutable: a change is a new snapshot, swapped in whole.</summary>
/// <param name="names">Lower-case name of a domain, also with <c>*.</c> in front → its certificates, newest first. Build it
/// with <see cref="StringComparer.OrdinalIgnoreCase"/>.</param>
public sealed class CertificateSnapshot(FrozenDictionary<string, StoredCertificate[]> names)
{
    public static readonly CertificateSnapshot Empty = new(FrozenDictionary<string, StoredCertificate[]>.Empty);

    public FrozenDictionary<string, StoredCertificate[]> Names { get; } = names;
}

/// <summary>Gives the edge the certificates of domains.</summary>
public interface ICertificateSource
{
    /// <summary>The newest snapshot; a volatile read, for every handshake.</summary>
    CertificateSnapshot Current { get; }
}

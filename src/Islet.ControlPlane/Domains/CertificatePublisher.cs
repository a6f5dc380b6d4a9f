using System.Collections.Frozen;
using System.Linq.Expressions;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Islet.ControlPlane.Secrets;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Islet.ControlPlane.Domains;

/// <summary>
/// Turns certificates of verified domains into the snapshot that handshakes read. As with routes, each publication reads
/// the domains that changed inside the lock, so whoever publishes last has seen every commit before it.
/// </summary>
public sealed partial class CertificatePublisher(IServiceScopeFactory scopes, SecretVault vault, ILogger<CertificatePublisher> logger)
    : ICertificateSource, IDisposable
{
    const int DomainsAtOnce = 500;

    readonly SemaphoreSlim publishing = new(1, 1);

    /// <summary>Changed only under <see cref="publishing"/>.</summary>
    readonly Dictionary<Guid, Published> domains = [];

    CertificateSnapshot current = CertificateSnapshot.Empty;

    public CertificateSnapshot Current => Volatile.Read(ref current);

    /// <summary>Reads all: at the start, and when something was missed.</summary>
    public async Task PublishAllAsync(CancellationToken cancellation)
    {
        await publishing.WaitAsync(cancellation);
        try
        {
            var before = domains.ToDictionary();
            var all = await ReadAsync(_ => true, before, cancellation);
            domains.Clear();
            foreach (var (id, published) in all)
                domains[id] = published;
            Swap();
        }
        finally
        {
            publishing.Release();
        }
    }

    /// <summary>Makes the snapshot agree with the database for these domains; returns when handshakes see it.</summary>
    public async Task PublishAsync(IReadOnlyCollection<Guid> changed, CancellationToken cancellation)
    {
        if (changed.Count == 0)
            return;
        await publishing.WaitAsync(cancellation);
        try
        {
            foreach (var some in changed.Chunk(DomainsAtOnce))
            {
                var present = await ReadAsync(row => some.Contains(row.DomainId), domains, cancellation);
                foreach (var id in some)
                    domains.Remove(id);
                foreach (var (id, published) in present)
                    domains[id] = published;
            }
            Swap();
        }
        finally
        {
            publishing.Release();
        }
    }

    public void Dispose() => publishing.Dispose();

    async Task<List<(Guid Id, Published Published)>> ReadAsync(
        Expression<Func<DomainCertificate, bool>> which, IReadOnlyDictionary<Guid, Published> before, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        var rows = await (
            from certificate in db.DomainCertificates.AsNoTracking().Where(which)
            join domain in db.Domains on certificate.DomainId equals domain.Id
            where domain.VerifiedName != null
            select new { Name = domain.VerifiedName!, Row = certificate }).ToListAsync(cancellation);
        return [.. rows.GroupBy(row => row.Row.DomainId).Select(group => (group.Key, new Published(
            group.First().Name,
            [.. group.OrderByDescending(row => row.Row.UpdatedAt).ThenByDescending(row => row.Row.Cipher)
                .Select(row => StoredOf(row.Row, before.GetValueOrDefault(group.Key)))])))];
    }

    /// <summary>What has not changed stays the same object, opened as it may be. The nonce of a sealed key tells.</summary>
    Sealed StoredOf(DomainCertificate row, Published? before) =>
        before?.Certificates.FirstOrDefault(present => present.SealedKey.AsSpan().SequenceEqual(row.SealedKey)) is { } same
            ? same
            : new Sealed(row.SealedKey, Store(row.DomainId, row.Cipher, row.SealedKey, Encoding.ASCII.GetBytes(row.Chain), row.ExpiresAt, row.UpdatedAt));

    StoredCertificate Store(Guid domain, CertificateCipher cipher, byte[] sealedKey, byte[] chain, DateTimeOffset expiresAt, DateTimeOffset storedAt) =>
        new(expiresAt, storedAt, () => Open(domain, cipher, sealedKey, Encoding.ASCII.GetString(chain)));

    ServerCertificate? Open(Guid domain, CertificateCipher cipher, byte[] sealedKey, string chain)
    {
        try
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPem(chain);
            var own = certificates[0];
            certificates.RemoveAt(0);
            var key = vault.Open(sealedKey, DomainCertificates.Belonging(domain, cipher), $"The key of domain {domain}");
            try
            {
                return new(WithKey(own, cipher, key), certificates);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(key);
            }
        }
        catch (Exception exception) when (exception is CryptographicException or InvalidOperationException or ArgumentException or IOException)
        {
            Log.NotOpened(logger, domain, exception);
            return null;
        }
    }

    static X509Certificate2 WithKey(X509Certificate2 own, CertificateCipher cipher, byte[] pkcs8)
    {
        if (cipher == CertificateCipher.Rsa)
        {
            using var rsa = RSA.Create();
            rsa.ImportPkcs8PrivateKey(pkcs8, out _);
            return own.CopyWithPrivateKey(rsa);
        }
        using var ecdsa = ECDsa.Create();
        ecdsa.ImportPkcs8PrivateKey(pkcs8, out _);
        return own.CopyWithPrivateKey(ecdsa);
    }

    // a verified name is one domain's
    void Swap() => Volatile.Write(ref current, new(domains.Values.ToFrozenDictionary(
        domain => domain.Name, domain => Array.ConvertAll(domain.Certificates, one => one.Stored), StringComparer.OrdinalIgnoreCase)));

    sealed record Published(string Name, Sealed[] Certificates);

    sealed record Sealed(byte[] SealedKey, StoredCertificate Stored);

    static partial class Log
    {
        [LoggerMessage(2602, LogLevel.Error, "A certificate of domain {Domain} cannot be opened and is not served")]
        public static partial void NotOpened(ILogger logger, Guid domain, Exception exception);
    }
}

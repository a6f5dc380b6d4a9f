using System.Security.Cryptography.X509Certificates;

namespace Islet.Gateway.Secrets;

/// <summary>Whose certificates the gateway believes: the system's authorities, and those of the operator's file.</summary>
sealed class UpstreamTrust
{
    readonly X509Certificate2Collection? roots;

    /// <exception cref="IOException">The file cannot be read, or <see cref="System.Security.Cryptography.CryptographicException"/>: it is no PEM.</exception>
    public UpstreamTrust(string? file)
    {
        if (file is null)
            return;
        roots = new X509Certificate2Collection();
        foreach (var location in (StoreLocation[])[StoreLocation.LocalMachine, StoreLocation.CurrentUser])
        {
            using var system = new X509Store(StoreName.Root, location, OpenFlags.ReadOnly);
            roots.AddRange(system.Certificates);
        }

        roots.ImportFromPemFile(file);
    }

    /// <summary>A new one for each connection: verifying adds to it what the host sends.</summary>
    public X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            // A certificate may name an address from which to fetch its issuer: nothing is asked from outside of the slot's rules.
            DisableCertificateDownloads = true,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        if (roots is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(roots);
        }

        return policy;
    }
}

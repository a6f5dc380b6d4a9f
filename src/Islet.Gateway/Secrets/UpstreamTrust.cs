using System.Security.Cryptography.X509Certificates;

namespace Islet.Gateway.Secrets;

/// <summary>Whose certificates the gateway believes: the system's authorities, and those of the operator's file.</summary>
sealed class UpstreamTrust
{
    /// <exception cref="IOException">The file cannot be read, or <see cref="System.Security.Cryptography.CryptographicException"/>: it is no PEM.</exception>
    public UpstreamTrust(string? file)
    {
        if (file is null)
            return;
        Policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        foreach (var location in (StoreLocation[])[StoreLocation.LocalMachine, StoreLocation.CurrentUser])
        {
            using var system = new X509Store(StoreName.Root, location, OpenFlags.ReadOnly);
            Policy.CustomTrustStore.AddRange(system.Certificates);
        }

        Policy.CustomTrustStore.ImportFromPemFile(file);
    }

    /// <summary>Of all connections: each verifies with a copy.</summary>
    public X509ChainPolicy Policy { get; } = new()
    {
        // A certificate may name an address from which to fetch its issuer: nothing is asked from outside of the slot's rules.
        DisableCertificateDownloads = true,
        RevocationMode = X509RevocationMode.NoCheck,
    };
}

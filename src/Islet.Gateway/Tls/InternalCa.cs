using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Islet.Gateway.Tls;

/// <summary>
/// The certificate authority of this node. Only slots believe it; it vouches for hosts whose TLS ends in this process:
/// the platform's own when a slot asks for them, and those of secrets. It is made at the first start for ten years, and
/// anew at a start that finds less than 30 days left of it. Slots get its certificate at their own start, so a server that
/// runs on keeps it.
/// </summary>
public sealed class InternalCa : IDisposable
{
    readonly X509Certificate2 authority;
    readonly LeafCertificates leaves;

    InternalCa(X509Certificate2 authority, TimeProvider time)
    {
        this.authority = authority;
        leaves = new LeafCertificates(authority, time);
        CertificatePem = authority.ExportCertificatePem() + "\n";
    }

    /// <summary>What slots are told to believe: one certificate, no key.</summary>
    public string CertificatePem { get; }

    /// <summary>Reads the authority, or makes it.</summary>
    /// <exception cref="IOException">The directory cannot be made or written, or <see cref="UnauthorizedAccessException"/>.</exception>
    /// <exception cref="InvalidDataException">The file is there and is not what this wrote.</exception>
    public static InternalCa Open(string keysDirectory, TimeProvider time) => new(new CaFile(keysDirectory).ReadOrMake(time.GetUtcNow()), time);

    /// <summary>
    /// A certificate of seven days with its key for a host name or an address, kept until its last day.
    /// Null: the text is neither, for what a program writes in its hello is only a claim.
    /// </summary>
    public SslStreamCertificateContext? CertificateFor(string host) => leaves.For(host);

    public void Dispose() => authority.Dispose();
}

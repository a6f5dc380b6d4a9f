using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Islet.Gateway.Tls;

/// <summary>Key and certificate of the node's CA: one file of mode 0600, written whole, in a directory of mode 0700.</summary>
sealed class CaFile(string directory)
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    const UnixFileMode OwnersDirectory = OwnerOnly | UnixFileMode.UserExecute;

    static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650);
    static readonly TimeSpan LeastLeft = TimeSpan.FromDays(30);

    string FilePath => Path.Combine(directory, "internal-ca.pem");

    public X509Certificate2 ReadOrMake(DateTimeOffset now)
    {
        Directory.CreateDirectory(directory, OwnersDirectory);
        File.SetUnixFileMode(directory, OwnersDirectory); // it may have been there
        if (File.Exists(FilePath))
        {
            var present = Read();
            if (present.NotAfter.ToUniversalTime() - now.UtcDateTime >= LeastLeft)
                return present;
            present.Dispose();
        }

        var made = Make(now);
        Write(made);
        return made;
    }

    X509Certificate2 Read()
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(FilePath);
        }
        catch (CryptographicException e)
        {
            throw new InvalidDataException($"{FilePath} is damaged. Remove it: another one is made at the next start, and slots learn of it", e);
        }
    }

    static X509Certificate2 Make(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // each has a name of its own, or a verifier that knows two would have to try both
        var request = new CertificateRequest($"CN=Islet internal CA {RandomNumberGenerator.GetHexString(16, lowercase: true)}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(now.AddDays(-1), now + Lifetime);
    }

    void Write(X509Certificate2 made)
    {
        using var key = made.GetECDsaPrivateKey()!;
        var temporary = $"{FilePath}.{Environment.ProcessId}";
        File.Delete(temporary); // of a start that was cut off
        using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        using (var text = new StreamWriter(file))
        {
            text.Write($"{key.ExportPkcs8PrivateKeyPem()}\n{made.ExportCertificatePem()}\n");
            text.Flush();
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, FilePath, overwrite: true);
    }
}

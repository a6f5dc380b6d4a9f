using System.Security.Cryptography;
using System.Text;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Secrets;

/// <summary>
/// Keeps values of secrets, and what else must not be read there, unreadable in the database: AES-256-GCM under <c>&lt;shared&gt;/keys/secrets.key</c>, which is
/// made at the first use. What a value belongs to is authenticated with it, so a row that was moved to another project,
/// name or host by hand does not open.
/// <code>
///   sealed = 1 (version) | 12 bytes nonce | 16 bytes tag | ciphertext
/// </code>
/// </summary>
public sealed class SecretVault(IOptions<ControlPlaneOptions> options)
{
    const byte Version = 1;
    const int KeyBytes = 32;
    const int NonceBytes = 12;
    const int TagBytes = 16;
    const int HeadBytes = 1 + NonceBytes + TagBytes;

    readonly string file = Path.Combine(options.Value.Shared, "keys", "secrets.key");
    readonly Lock opening = new();
    byte[]? key; // set once, under the lock

    internal byte[] Seal(string value, ProjectId project, string name, IReadOnlyList<string> hosts, bool tls)
    {
        var plain = Encoding.UTF8.GetBytes(value);
        var sealedValue = Seal(plain, Belonging(project, name, hosts, tls));
        CryptographicOperations.ZeroMemory(plain);
        return sealedValue;
    }

    /// <param name="belonging">What it is part of; it opens with the same only.</param>
    internal byte[] Seal(ReadOnlySpan<byte> plain, string belonging)
    {
        var sealedValue = new byte[HeadBytes + plain.Length];
        sealedValue[0] = Version;
        RandomNumberGenerator.Fill(sealedValue.AsSpan(1, NonceBytes));
        using var aes = new AesGcm(Key(make: true), TagBytes);
        aes.Encrypt(
            sealedValue.AsSpan(1, NonceBytes), plain, sealedValue.AsSpan(HeadBytes), sealedValue.AsSpan(1 + NonceBytes, TagBytes),
            Encoding.UTF8.GetBytes(belonging));
        return sealedValue;
    }

    /// <exception cref="InvalidOperationException">The key is not the one it was sealed with, or the row was changed: the secret is to be set again.</exception>
    internal string Open(ProjectSecret row)
    {
        var plain = Open(row.Sealed, Belonging(row.ProjectId, row.Name, row.Hosts, row.Tls), $"The secret {row.Name} of project {row.ProjectId}");
        var value = Encoding.UTF8.GetString(plain);
        CryptographicOperations.ZeroMemory(plain);
        return value;
    }

    /// <param name="what">For the exception.</param>
    /// <exception cref="InvalidOperationException">As above.</exception>
    internal byte[] Open(byte[] sealedValue, string belonging, string what)
    {
        if (sealedValue.Length < HeadBytes || sealedValue[0] != Version)
            throw new InvalidOperationException($"{what} is damaged: set it again.");
        var plain = new byte[sealedValue.Length - HeadBytes];
        try
        {
            using var aes = new AesGcm(Key(make: false), TagBytes);
            aes.Decrypt(
                sealedValue.AsSpan(1, NonceBytes), sealedValue.AsSpan(HeadBytes), sealedValue.AsSpan(1 + NonceBytes, TagBytes), plain,
                Encoding.UTF8.GetBytes(belonging));
            return plain;
        }
        catch (CryptographicException exception)
        {
            throw new InvalidOperationException($"{what} does not open with {file}: set it again.", exception);
        }
    }

    /// <summary>A key of its own for something else, the same on all nodes.</summary>
    public byte[] Derive(string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Key(make: true), KeyBytes, info: Encoding.UTF8.GetBytes(purpose));

    static string Belonging(ProjectId project, string name, IReadOnlyList<string> hosts, bool tls) =>
        $"{project}\n{name}\n{string.Join(',', hosts)}\n{(tls ? "tls" : "plain")}";

    byte[] Key(bool make)
    {
        lock (opening)
        {
            if (key is not null)
                return key;
            if (!File.Exists(file))
            {
                if (!make)
                    throw new InvalidOperationException($"{file} is missing: bring it back, or set all secrets again.");
                Make();
            }
            var read = File.ReadAllBytes(file);
            return key = read.Length == KeyBytes ? read : throw new InvalidOperationException($"{file} is damaged: it must have {KeyBytes} bytes.");
        }
    }

    /// <summary>Durable before the first value is sealed with it. Of nodes that make it at once, one does.</summary>
    void Make()
    {
        var directory = Path.GetDirectoryName(file)!;
        Durable.CreateDirectory(directory);
        Durable.OwnerOnly(new DirectoryInfo(directory));
        var unfinished = $"{file}.{RandomNumberGenerator.GetHexString(16)}.unfinished";
        var ownerOnly = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            ownerOnly.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(unfinished, ownerOnly))
        {
            stream.Write(RandomNumberGenerator.GetBytes(KeyBytes));
            stream.Flush(flushToDisk: true);
        }
        try
        {
            File.Move(unfinished, file, overwrite: false);
        }
        catch (IOException) when (File.Exists(file))
        {
            File.Delete(unfinished); // another node's is there
        }
        Durable.SyncDirectory(directory);
    }
}

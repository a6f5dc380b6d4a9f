using Islet.Contracts;

namespace Islet.Edge.Tls;

/// <summary>
/// Which certificate a visitor gets for the name it asks for (docs/decisions/0031). At and below the platform's own name and
/// without a name: the operator's. Else the newest of those that are valid and that the visitor can verify: of the domain
/// itself, then of the wildcard over it, then the operator's. Reads snapshots in memory and waits for nobody.
/// </summary>
sealed class ChooseCertificate(ICertificateSource domains, OperatorCertificate operators, EdgeTlsOptions options, TimeProvider time)
{
    const int MaxLabel = 63;
    const int MaxName = 253;

    /// <summary>Null: nobody vouches for this name here.</summary>
    public ServerCertificate? For(ClientHello hello)
    {
        var name = hello.Name.AsSpan();
        if (name.EndsWith('.'))
            name = name[..^1];
        if (name.IsEmpty || name.Length > MaxName || IsPlatform(name))
            return operators.Current;

        var now = time.GetUtcNow();
        var names = domains.Current.Names.GetAlternateLookup<ReadOnlySpan<char>>();
        StoredCertificate[]? exact = null, wide = null;
        if (name[0] != '*') // no host has the name of a wildcard
        {
            names.TryGetValue(name, out exact);
            if (name.IndexOf('.') is > 0 and <= MaxLabel and var dot)
            {
                Span<char> wildcard = stackalloc char[MaxName + 1];
                wildcard[0] = '*';
                name[dot..].CopyTo(wildcard[1..]);
                names.TryGetValue(wildcard[..(name.Length - dot + 1)], out wide);
            }
        }

        // an expired one is better than another's: the visitor is told what is wrong
        return Find(exact, hello, now) ?? Find(wide, hello, now)
            ?? (operators.Covers(name.ToString()) ? operators.Current : null)
            ?? Find(exact, hello, DateTimeOffset.MinValue) ?? Find(wide, hello, DateTimeOffset.MinValue)
            ?? operators.Current;
    }

    static ServerCertificate? Find(StoredCertificate[]? certificates, ClientHello hello, DateTimeOffset now)
    {
        foreach (var stored in certificates ?? [])
            if (stored.ExpiresAt > now && stored.Certificate is { } certificate && hello.Verifies(certificate.EcdsaBits))
                return certificate;
        return null;
    }

    bool IsPlatform(ReadOnlySpan<char> name) =>
        name.EndsWith(options.Domain, StringComparison.OrdinalIgnoreCase)
        && (name.Length == options.Domain.Length || name[^(options.Domain.Length + 1)] == '.');
}

using Islet.Contracts;

namespace Islet.Gateway.Names;

/// <summary>Questions of the platform itself, asked of the same servers as those of programs; their answers are not kept.</summary>
sealed class LookUpNames(Upstream upstream) : INameLookup
{
    const ushort Internet = 1;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>?> AskAsync(string name, NameRecord record, CancellationToken cancellation)
    {
        var type = TypeOf(record);
        var question = new DnsQuestion(DnsName.Of(name), type, Internet);
        var answer = await upstream.AskAsync(new DnsQuery(0, DnsHeader.RecursionDesired, question, Upstream.UdpSize, HasOpt: false, Secure: false), cancellation);
        return answer switch
        {
            null => null,
            { Code: DnsCode.NoError or DnsCode.NoSuchName } => [.. answer.Answers.Where(found => found.Type == type).Select(TextOf).OfType<string>()],
            _ => null, // a server that cannot say
        };
    }

    static ushort TypeOf(NameRecord record) => record switch
    {
        NameRecord.A => DnsType.A,
        NameRecord.Aaaa => DnsType.Aaaa,
        NameRecord.Cname => DnsType.Cname,
    };

    static string? TextOf(DnsRecord record)
    {
        if (record.Address is { } address)
            return address.ToString();
        var reader = new DnsReader(record.Data);
        return reader.TryName(out var target) ? target.Text : null;
    }
}

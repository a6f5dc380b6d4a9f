namespace Islet.Contracts;

public enum NameRecord
{
    A,
    Aaaa,
    Cname,
}

/// <summary>What DNS says, asked of the servers that the operator chose.</summary>
public interface INameLookup
{
    /// <summary>
    /// Records of a host name: addresses as text, names in lower case without the dot at their end; empty when there are
    /// none. Null: no server answered in time.
    /// </summary>
    ValueTask<IReadOnlyList<string>?> AskAsync(string name, NameRecord record, CancellationToken cancellation);
}

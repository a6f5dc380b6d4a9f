using Islet.Contracts;

namespace Islet.Api.Wire;

/// <summary>
/// A request that cannot be read. Thrown only while reading wire forms, where a refusal would have to be passed up through
/// every level; caught in one place, the filter of the endpoint group.
/// </summary>
public sealed class WireException(Refusal refusal) : Exception(refusal.Message)
{
    public WireException(string field, string problem)
        : this(new Refusal(RefusalCode.BadRequest, $"{field} {problem}", field))
    {
    }

    public Refusal Refusal { get; } = refusal;
}

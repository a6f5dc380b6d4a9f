namespace Islet.Contracts;

public enum EgressVerdict : byte
{
    /// <summary>A connection was allowed and is dialled.</summary>
    Allowed,

    /// <summary>A connection or a name was refused.</summary>
    Refused,

    /// <summary>An allowed connection is over: its bytes are counted.</summary>
    Closed,
}

/// <summary>One decision of the gateway, or the end of what it allowed.</summary>
/// <param name="Destination"><c>address:port</c>, IPv6 in brackets; for a question the name that was asked.</param>
/// <param name="Host">The name the program asked for, if any; hostile text, bounded.</param>
/// <param name="Rule">What decided: a word of a closed list, such as <c>public</c>, <c>private-address</c>, <c>permissions.net</c>.</param>
/// <param name="Sent">Bytes from the slot to the outside.</param>
public readonly record struct EgressRecord(
    DeploymentId Deployment, DateTimeOffset Time, EgressVerdict Verdict, string Destination, string? Host, string Rule, long Sent, long Received);

/// <summary>Takes the gateway's decisions. Never blocks and never throws: what does not fit is dropped and counted.</summary>
public interface IEgressSink
{
    void Write(in EgressRecord record);
}

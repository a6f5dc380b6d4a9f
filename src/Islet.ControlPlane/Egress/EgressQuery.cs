using Islet.ControlPlane.Logs;
using Islet.Contracts;

namespace Islet.ControlPlane.Egress;

/// <summary>A question about stored egress records of one deployment.</summary>
/// <param name="Since">First moment, inclusive.</param>
/// <param name="Until">First moment that does not belong to it.</param>
/// <param name="Verdicts">Bit n is set when verdict n is wanted; 0 is all.</param>
/// <param name="After">Where the page before ended; null begins a walk.</param>
public sealed record EgressQuery(
    DeploymentId Deployment, DateTimeOffset Since, DateTimeOffset Until, int Verdicts, int Limit, bool Descending, LogCursor? After)
{
    public const int MaxLimit = 10_000;
}

/// <summary>Records in the asked order. A page may be shorter than its limit, even empty, and yet have a next one.</summary>
public sealed record EgressPage(IReadOnlyList<EgressRecord> Records, LogCursor? Next);

/// <summary>What one rule decided, over all days that are kept.</summary>
/// <param name="Sent">Bytes of connections that are over, from the deployment to the outside.</param>
public sealed record EgressRuleTotals(string Rule, long Allowed, long Refused, long Closed, long Sent, long Received);

/// <param name="Since">Beginning of the oldest day that may be in it.</param>
/// <param name="Dropped">Records that were not kept because too many came at once; they are in no other number.</param>
public sealed record EgressTotals(DateTimeOffset Since, IReadOnlyList<EgressRuleTotals> Rules, long Dropped);

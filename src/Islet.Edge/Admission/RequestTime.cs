using Islet.Contracts;
using Islet.Edge.Leasing;

namespace Islet.Edge.Admission;

/// <summary>How long one request may take; moments are on the coarse clock.</summary>
/// <param name="ToBegin">Until the answer's head is there, the start of an isolate included.</param>
/// <param name="Begin">The same as a moment.</param>
/// <param name="End">When the whole answer has to be over; 0 is never.</param>
/// <param name="Piece">The program has this long from each piece of the body; null: what is set stays.</param>
readonly record struct RequestTime(TimeSpan ToBegin, long Begin, long End, TimeSpan? Piece)
{
    /// <summary>
    /// The shorter of the deployment's and the project's, else the node's. Only the deployment's own limits the answer to
    /// its end.
    /// </summary>
    public static RequestTime Of(Route route, EdgeOptions options, LiveDeployments clock)
    {
        if (route.RequestTimeout is not { } whole)
        {
            var begin = route.Limits.RequestTimeout ?? options.DefaultRequestTimeout;
            return new(begin, clock.After(begin), 0, begin);
        }

        var toBegin = route.Limits.RequestTimeout is { } projects && projects < whole ? projects : whole;
        return new(toBegin, clock.After(toBegin), clock.After(whole), null);
    }
}

using System.Runtime.CompilerServices;

namespace Islet.Edge.Loops;

/// <summary>
/// Requests in flight of one isolate that came out of slots, by the number of slots they came through. What comes from
/// outside is hop 0 and is not counted: it costs nothing here.
/// </summary>
sealed class HopCounts
{
    /// <summary>The highest hop that is served.</summary>
    public const int Most = 5;

    Levels inFlight;

    /// <summary>Of all in flight, 0 when there are none from slots.</summary>
    public int Highest
    {
        get
        {
            for (var hop = Most; hop > 0; hop--)
            {
                if (Volatile.Read(ref inFlight[hop - 1]) > 0)
                    return hop;
            }

            return 0;
        }
    }

    /// <param name="hop">0 to <see cref="Most"/>. Pair it with <see cref="Leave"/>.</param>
    public void Enter(int hop)
    {
        if (hop > 0)
            Interlocked.Increment(ref inFlight[hop - 1]);
    }

    public void Leave(int hop)
    {
        if (hop > 0)
            Interlocked.Decrement(ref inFlight[hop - 1]);
    }

    [InlineArray(Most)]
    struct Levels
    {
        int first;
    }
}

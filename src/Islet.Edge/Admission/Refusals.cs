using Islet.Edge.Forwarding;

namespace Islet.Edge.Admission;

/// <summary>Requests of one deployment that were not admitted, or not at once, and of which its log does not know yet.</summary>
sealed class Refusals
{
    int rate;
    int concurrency;
    int connections;
    int listed;

    /// <summary>Coarse clock of the last line; of the teller only.</summary>
    public long? Told { get; set; }

    public bool IsEmpty => Volatile.Read(ref rate) == 0 && Volatile.Read(ref concurrency) == 0 && Volatile.Read(ref connections) == 0;

    public void Count(ForwardingError error) => Interlocked.Increment(ref error == ForwardingError.RateLimit ? ref rate : ref concurrency);

    /// <summary>The first request of a connection that came too fast.</summary>
    public void CountConnection() => Interlocked.Increment(ref connections);

    public (int Rate, int Concurrency, int Connections) Take() =>
        (Interlocked.Exchange(ref rate, 0), Interlocked.Exchange(ref concurrency, 0), Interlocked.Exchange(ref connections, 0));

    /// <summary>True for the one who is to put it on the teller's list.</summary>
    public bool List() => Volatile.Read(ref listed) == 0 && Interlocked.Exchange(ref listed, 1) == 0;

    public void Unlist() => Interlocked.Exchange(ref listed, 0);
}

using System.Collections.Concurrent;

namespace Islet.Kv.Watching;

/// <summary>
/// Counts the watches of each connection. A client has one HTTP/2 connection for a handle, and what finds no stream on it waits:
/// watches never take the last ones.
/// </summary>
sealed class ConnectionWatches
{
    readonly ConcurrentDictionary<string, int> counts = new(StringComparer.Ordinal);

    /// <summary>Dispose it at the end of the watch.</summary>
    /// <exception cref="KvException">The connection has as many as it may.</exception>
    public Place Enter(string connection, int most)
    {
        var place = new Place(this, connection);
        if (counts.AddOrUpdate(connection, 1, static (_, count) => count + 1) <= most)
            return place;
        place.Dispose();
        throw new KvException($"Too many watches on one connection (max {most}): end some, or open another handle for more.");
    }

    void Leave(string connection)
    {
        if (counts.AddOrUpdate(connection, 0, static (_, count) => count - 1) == 0)
            counts.TryRemove(new(connection, 0));
    }

    internal readonly struct Place(ConnectionWatches all, string connection) : IDisposable
    {
        public void Dispose() => all.Leave(connection);
    }
}

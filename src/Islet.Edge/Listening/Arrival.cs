using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Islet.Edge.Listening;

/// <summary>Of each connection, on its way to the requests it brings: the first of them counts it for its project, or its handshake has.</summary>
sealed class Arrival
{
    int counted;

    /// <summary>True once.</summary>
    public bool IsNew() => Volatile.Read(ref counted) == 0 && Interlocked.Exchange(ref counted, 1) == 0;

    /// <summary>From here on connections of this endpoint are counted.</summary>
    public static void Count(ListenOptions listen) => listen.Use(static next => connection =>
    {
        connection.Features.Set(new Arrival());
        return next(connection);
    });
}

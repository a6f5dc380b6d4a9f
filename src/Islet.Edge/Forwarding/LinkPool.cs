using System.Net.Sockets;
using Islet.Edge.Links;

namespace Islet.Edge.Forwarding;

/// <summary>
/// The links of one isolate. Idle ones are taken last in, first out, so that few are in use and the rest grow old and
/// are closed. The lock is held for some instructions only, never over a call that waits.
/// </summary>
sealed class LinkPool(string socketPath)
{
    const int MaxIdle = 128;
    const int MaxConnectAttempts = 10;
    static readonly TimeSpan FirstConnectPause = TimeSpan.FromMilliseconds(1);

    readonly UnixDomainSocketEndPoint endPoint = new(socketPath);
    readonly Lock gate = new();
    readonly HashSet<IsolateLink> all = [];
    readonly IsolateLink[] idle = new IsolateLink[MaxIdle];
    int idleCount;
    bool closed;

    // of links that are not in the set any more
    LinkTraffic gone;

    /// <summary>An idle link that lives, as far as can be known; or null: connect one.</summary>
    public IsolateLink? TryRent()
    {
        lock (gate)
        {
            while (idleCount > 0)
            {
                var link = idle[--idleCount];
                idle[idleCount] = null!;
                if (!link.IsDead)
                    return link;
                link.Close(LinkEnd.Done);
                Remove(link);
            }

            return null;
        }
    }

    /// <summary>unix(7): the queue of connections that nobody has accepted yet is full.</summary>
    public static bool IsFull(SocketException e) => e.SocketErrorCode is SocketError.WouldBlock or SocketError.TryAgain;

    /// <exception cref="SocketException">Nobody listens: the isolate is gone; or it accepts no connection for long.</exception>
    public async ValueTask<IsolateLink> ConnectAsync()
    {
        var pause = FirstConnectPause;
        for (var attempt = 1; ; attempt++, pause *= 2)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(endPoint);
                return Add(new IsolateLink(new LinkSocket(socket)));
            }
            catch (SocketException e) when (IsFull(e) && attempt < MaxConnectAttempts)
            {
                // a full backlog refuses at once instead of queueing; the isolate will accept in a moment
                socket.Dispose();
                await Task.Delay(pause);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    /// <summary>The exchange ended cleanly in both directions and no byte is left over.</summary>
    public void Return(IsolateLink link, long now)
    {
        link.Reused = true;
        link.IdleSince = now;
        try
        {
            link.Prime();
        }
        catch (Exception e) when (IsolateLink.IsBroken(e))
        {
            Discard(link, LinkEnd.Done);
            return;
        }

        lock (gate)
        {
            if (!closed && idleCount < MaxIdle && link.End == LinkEnd.Open)
            {
                idle[idleCount++] = link;
                return;
            }
        }

        Discard(link, LinkEnd.Done);
    }

    public void Discard(IsolateLink link, LinkEnd reason)
    {
        link.Close(reason);
        lock (gate)
            Remove(link);
    }

    /// <summary>Bytes of all links so far, also of those that are gone.</summary>
    public LinkTraffic Traffic
    {
        get
        {
            lock (gate)
            {
                var traffic = gone;
                foreach (var link in all)
                    traffic = traffic.Plus(link.Traffic);
                return traffic;
            }
        }
    }

    /// <summary>Cuts exchanges that are over their deadline and closes links idle since before <paramref name="idleBefore"/>.</summary>
    public void Sweep(long now, long idleBefore)
    {
        var old = 0;
        lock (gate)
        {
            foreach (var link in all)
                link.ExpireIfDue(now);
            while (old < idleCount && idle[old].IdleSince < idleBefore)
                Remove(Forget(old++));
            if (old > 0)
                Array.Copy(idle, old, idle, 0, idleCount -= old);
        }
    }

    /// <summary>No link is kept any more. Exchanges that run go on.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            while (idleCount > 0)
                Remove(Forget(--idleCount));
        }
    }

    IsolateLink Add(IsolateLink link)
    {
        lock (gate)
            all.Add(link);
        return link;
    }

    void Remove(IsolateLink link)
    {
        if (all.Remove(link))
            gone = gone.Plus(link.Traffic);
    }

    IsolateLink Forget(int at)
    {
        var link = idle[at];
        idle[at] = null!;
        link.Close(LinkEnd.Done);
        return link;
    }
}

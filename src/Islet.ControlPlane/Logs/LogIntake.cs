using System.Collections.Concurrent;
using System.Threading.Channels;
using Islet.Contracts;

namespace Islet.ControlPlane.Logs;

/// <summary>
/// Where lines wait for the disk: bounded in lines, in characters, and per deployment. What does not fit is dropped
/// and counted, to the line.
/// </summary>
sealed class LogIntake(LogsOptions options)
{
    readonly LogsOptions options = options;

    readonly Channel<LogLine> waiting = Channel.CreateBounded<LogLine>(
        new BoundedChannelOptions(options.QueuedLines) { SingleReader = true });

    readonly ConcurrentDictionary<DeploymentId, Share> shares = new();
    long characters; // of the waiting messages; added by writers before, subtracted by the one reader after

    long drops; // not yet taken; changes together with the counts of the shares

    /// <summary>True from the first drop until <see cref="TakeDrops"/> hands it out.</summary>
    public bool HasDrops => Volatile.Read(ref drops) > 0;

    /// <summary>Any thread. Takes no lock but that of the line's own deployment.</summary>
    public void Offer(in LogLine line)
    {
        // A share that is just being forgotten refuses, and the next round makes a new one.
        while (!shares.GetOrAdd(line.Deployment, static _ => new Share()).Offer(line, this))
        {
        }
    }

    /// <summary>Lines that were taken but could not be stored.</summary>
    public void CountDropped(DeploymentId deployment, long count)
    {
        while (!shares.GetOrAdd(deployment, static _ => new Share()).Drop(count, this))
        {
        }
    }

    public ValueTask<bool> WaitAsync(CancellationToken cancellation) => waiting.Reader.WaitToReadAsync(cancellation);

    /// <summary>The one reader only. Moves at most <paramref name="most"/> lines into the batch.</summary>
    public void Take(List<LogLine> batch, int most)
    {
        while (batch.Count < most && waiting.Reader.TryRead(out var line))
        {
            Interlocked.Add(ref characters, -line.Message.Length);
            if (shares.TryGetValue(line.Deployment, out var share))
                share.Taken();
            batch.Add(line);
        }
    }

    /// <summary>The one reader only. Hands out and resets what was dropped, and forgets deployments that are silent.</summary>
    public IReadOnlyList<(DeploymentId Deployment, long Count)> TakeDrops()
    {
        var taken = new List<(DeploymentId, long)>();
        foreach (var (deployment, share) in shares)
        {
            var (count, silent) = share.Settle();
            if (count > 0)
                taken.Add((deployment, count));
            Interlocked.Add(ref drops, -count);
            if (silent)
                shares.TryRemove(new KeyValuePair<DeploymentId, Share>(deployment, share));
        }

        return taken;
    }

    bool Enqueue(in LogLine line)
    {
        if (Interlocked.Add(ref characters, line.Message.Length) <= options.QueuedCharacters && waiting.Writer.TryWrite(line))
            return true;
        Interlocked.Add(ref characters, -line.Message.Length);
        return false;
    }

    /// <summary>One deployment's part of the queue. Its members change under its own lock, a few instructions long.</summary>
    sealed class Share
    {
        readonly Lock gate = new();
        int queued;
        long dropped;
        bool forgotten;

        public bool Offer(in LogLine line, LogIntake intake)
        {
            lock (gate)
            {
                if (forgotten)
                    return false;
                if (queued < intake.options.QueuedLinesPerDeployment && intake.Enqueue(line))
                    queued++;
                else
                    CountDrops(1, intake);
                return true;
            }
        }

        public bool Drop(long count, LogIntake intake)
        {
            lock (gate)
            {
                if (forgotten)
                    return false;
                CountDrops(count, intake);
                return true;
            }
        }

        public void Taken()
        {
            lock (gate)
                queued--;
        }

        public (long Dropped, bool Silent) Settle()
        {
            lock (gate)
            {
                var count = dropped;
                dropped = 0;
                forgotten = queued == 0;
                return (count, forgotten);
            }
        }

        void CountDrops(long count, LogIntake intake)
        {
            dropped += count;
            Interlocked.Add(ref intake.drops, count);
        }
    }
}

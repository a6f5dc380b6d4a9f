using System.Collections.Concurrent;
using System.Threading.Channels;
using Islet.Contracts;

namespace Islet.ControlPlane.Logs;

/// <summary>
/// Where records wait for the disk: bounded in number, in characters, and per deployment. What does not fit is dropped
/// and counted, to the record.
/// </summary>
abstract class TelemetryIntake<T>(int most, int mostPerDeployment, long mostCharacters)
    where T : struct
{
    readonly int mostPerDeployment = mostPerDeployment;

    readonly Channel<T> waiting = Channel.CreateBounded<T>(new BoundedChannelOptions(most) { SingleReader = true });

    readonly ConcurrentDictionary<DeploymentId, Share> shares = new();
    long characters; // of the waiting records; added by writers before, subtracted by the one reader after

    long drops; // not yet taken; changes together with the counts of the shares

    /// <summary>True from the first drop until <see cref="TakeDrops"/> hands it out.</summary>
    public bool HasDrops => Volatile.Read(ref drops) > 0;

    /// <summary>Any thread. Takes no lock but that of the record's own deployment.</summary>
    public void Offer(in T record)
    {
        // A share that is just being forgotten refuses, and the next round makes a new one.
        while (!shares.GetOrAdd(DeploymentOf(record), static _ => new Share()).Offer(record, this))
        {
        }
    }

    /// <summary>Records that were taken but could not be stored.</summary>
    public void CountDropped(DeploymentId deployment, long count)
    {
        while (!shares.GetOrAdd(deployment, static _ => new Share()).Drop(count, this))
        {
        }
    }

    /// <summary>A record that was taken but could not be stored.</summary>
    public void CountDropped(in T record) => CountDropped(DeploymentOf(record), 1);

    public ValueTask<bool> WaitAsync(CancellationToken cancellation) => waiting.Reader.WaitToReadAsync(cancellation);

    /// <summary>The one reader only. Moves at most <paramref name="most"/> records into the batch.</summary>
    public void Take(List<T> batch, int most)
    {
        while (batch.Count < most && waiting.Reader.TryRead(out var record))
        {
            Interlocked.Add(ref characters, -CharactersOf(record));
            if (shares.TryGetValue(DeploymentOf(record), out var share))
                share.Taken();
            batch.Add(record);
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

    protected abstract DeploymentId DeploymentOf(in T record);

    /// <summary>UTF-16 characters that it holds.</summary>
    protected abstract int CharactersOf(in T record);

    bool Enqueue(in T record)
    {
        if (Interlocked.Add(ref characters, CharactersOf(record)) <= mostCharacters && waiting.Writer.TryWrite(record))
            return true;
        Interlocked.Add(ref characters, -CharactersOf(record));
        return false;
    }

    /// <summary>One deployment's part of the queue. Its members change under its own lock, a few instructions long.</summary>
    sealed class Share
    {
        readonly Lock gate = new();
        int queued;
        long dropped;
        bool forgotten;

        public bool Offer(in T record, TelemetryIntake<T> intake)
        {
            lock (gate)
            {
                if (forgotten)
                    return false;
                if (queued < intake.mostPerDeployment && intake.Enqueue(record))
                    queued++;
                else
                    CountDrops(1, intake);
                return true;
            }
        }

        public bool Drop(long count, TelemetryIntake<T> intake)
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

        void CountDrops(long count, TelemetryIntake<T> intake)
        {
            dropped += count;
            Interlocked.Add(ref intake.drops, count);
        }
    }
}

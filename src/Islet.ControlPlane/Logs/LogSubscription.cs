using System.Threading.Channels;
using Islet.Contracts;

namespace Islet.ControlPlane.Logs;

/// <summary>One live reader of one deployment. Read by one caller at a time.</summary>
public sealed class LogSubscription : IDisposable
{
    readonly LogTail tail;
    readonly LogFilter filter;
    readonly string region;
    readonly TimeProvider clock;
    readonly Channel<AppLogLine> lines;
    long dropped; // added by publishers, exchanged by the reader

    internal LogSubscription(LogTail tail, DeploymentId deployment, LogFilter filter, LogsOptions options, TimeProvider clock)
    {
        (this.tail, Deployment, this.filter, region, this.clock) = (tail, deployment, filter, options.Region, clock);
        lines = Channel.CreateBounded<AppLogLine>(new BoundedChannelOptions(options.TailBuffer) { SingleReader = true });
    }

    public DeploymentId Deployment { get; }

    /// <summary>Waits until <see cref="TryRead"/> has something; throws only when cancelled.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellation) => await lines.Reader.WaitToReadAsync(cancellation);

    /// <summary>The next line; after the lines that fitted comes one that tells how many did not.</summary>
    public bool TryRead(out AppLogLine line)
    {
        if (lines.Reader.TryRead(out line!))
            return true;
        if (Interlocked.Exchange(ref dropped, 0) is var missed and > 0)
        {
            var note = LogWriter.Dropped(Deployment, missed, clock.GetUtcNow());
            line = new AppLogLine(note.Time, note.Severity, note.Message, region);
            return true;
        }

        return false;
    }

    public void Dispose() => tail.Leave(this);

    internal void Publish(in LogLine line)
    {
        if (!filter.Wants(line.Severity, region) || !filter.Finds(line.Message))
            return;
        if (!lines.Writer.TryWrite(new AppLogLine(line.Time, line.Severity, line.Message, region, line.Trace, line.Span)))
            Interlocked.Increment(ref dropped);
    }
}

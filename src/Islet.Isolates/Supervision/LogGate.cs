using Islet.Contracts;

namespace Islet.Isolates.Supervision;

/// <summary>
/// Lets at most so many lines a second of one isolate through to the log as its project may have, counts the others and
/// tells their number at the end of the second. Used by all that writes about the isolate, under a short lock.
/// </summary>
internal sealed class LogGate : IDisposable
{
    static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    readonly ILogSink sink;
    readonly TimeProvider time;
    readonly ITimer timer;
    readonly Lock guard = new();
    DeploymentId? deployment;
    int linesPerSecond;
    long windowStart;
    int passed;
    long dropped;

    public LogGate(ILogSink sink, TimeProvider time)
    {
        this.sink = sink;
        this.time = time;
        timer = time.CreateTimer(static gate => ((LogGate)gate!).TellDropped(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>From now on lines belong to this deployment; before, they are only kept as last lines.</summary>
    public void Assign(IsolateSpec spec)
    {
        lock (guard)
            (deployment, linesPerSecond) = (spec.Deployment, spec.Limits.LogLinesPerSecond);
    }

    /// <summary>A line of the program.</summary>
    public void Write(WaitingLine line)
    {
        DeploymentId owner;
        lock (guard)
        {
            if (deployment is not { } known)
                return;
            owner = known;
            if (time.GetElapsedTime(windowStart) >= Window)
                (windowStart, passed) = (time.GetTimestamp(), 0);
            if (passed >= linesPerSecond)
            {
                if (dropped++ == 0)
                    timer.Change(Window, Timeout.InfiniteTimeSpan);
                return;
            }
            passed++;
        }
        sink.Write(new LogLine(owner, line.Time, line.Severity, line.Text, line.Trace, line.Span));
    }

    /// <summary>Lines of the program that came too fast to be looked at.</summary>
    public void Drop(int count)
    {
        lock (guard)
        {
            if (deployment is null)
                return;
            if (dropped == 0)
                timer.Change(Window, Timeout.InfiniteTimeSpan);
            dropped += count;
        }
    }

    /// <summary>A line of the platform about the isolate: not counted.</summary>
    public void Tell(LogSeverity severity, string message, DateTimeOffset at)
    {
        DeploymentId? owner;
        lock (guard)
            owner = deployment;
        if (owner is { } known)
            sink.Write(new LogLine(known, at, severity, message));
    }

    public void TellDropped()
    {
        long count;
        lock (guard)
            (count, dropped) = (dropped, 0);
        if (count > 0)
            Tell(LogSeverity.Warning, $"{count} log lines dropped", time.GetUtcNow());
    }

    public void Dispose()
    {
        timer.Dispose();
        TellDropped();
    }
}

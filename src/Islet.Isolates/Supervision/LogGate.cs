using Islet.Contracts;

namespace Islet.Isolates.Supervision;

/// <summary>
/// Lets at most a thousand lines a second of one isolate through to the log, counts the others and tells their number at
/// the end of the second. Shared by both pumps of the isolate, under a short lock.
/// </summary>
internal sealed class LogGate : IDisposable
{
    const int LinesPerSecond = 1000;
    static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    readonly ILogSink sink;
    readonly TimeProvider time;
    readonly ITimer timer;
    readonly Lock guard = new();
    DeploymentId? deployment;
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
    public void Assign(DeploymentId id)
    {
        lock (guard)
            deployment = id;
    }

    /// <summary>A line of the program.</summary>
    public void Write(LogSeverity severity, string message)
    {
        DeploymentId owner;
        lock (guard)
        {
            if (deployment is not { } known)
                return;
            owner = known;
            if (time.GetElapsedTime(windowStart) >= Window)
                (windowStart, passed) = (time.GetTimestamp(), 0);
            if (passed >= LinesPerSecond)
            {
                if (dropped++ == 0)
                    timer.Change(Window, Timeout.InfiniteTimeSpan);
                return;
            }
            passed++;
        }
        sink.Write(new LogLine(owner, time.GetUtcNow(), severity, message));
    }

    /// <summary>A line of the platform about the isolate: not counted.</summary>
    public void Tell(LogSeverity severity, string message)
    {
        DeploymentId? owner;
        lock (guard)
            owner = deployment;
        if (owner is { } known)
            sink.Write(new LogLine(known, time.GetUtcNow(), severity, message));
    }

    public void TellDropped()
    {
        long count;
        lock (guard)
            (count, dropped) = (dropped, 0);
        if (count > 0)
            Tell(LogSeverity.Warning, $"{count} log lines dropped");
    }

    public void Dispose()
    {
        timer.Dispose();
        TellDropped();
    }
}

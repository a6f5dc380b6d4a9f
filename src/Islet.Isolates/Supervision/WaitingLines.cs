using Islet.Contracts;

namespace Islet.Isolates.Supervision;

/// <summary>
/// Puts what an isolate printed together with what Deno's exporter says about it. The pipes are the truth: each of their
/// lines is logged once, in the order of arrival, whatever the exporter sends, so that nothing is lost with it and
/// nothing is forged by it. A record only adds level and trace to the lines it names, and makes several of them one
/// message again. Records come 100 ms behind or never: lines wait for them, bounded in time, number and size.
/// <para>Pumps, gateway and timer call it; all is done under one lock, in which nothing waits.</para>
/// </summary>
internal sealed class WaitingLines : IDisposable
{
    const int MostLines = 2000;
    const int MostCharacters = 512 << 10;

    /// <summary>How long a line waits for its record.</summary>
    static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(1500);

    /// <summary>The same once so many lines in a row had none: the program writes past its console.</summary>
    static readonly TimeSpan Short = TimeSpan.FromMilliseconds(250);
    const int ManyWithoutRecord = 8;

    /// <summary>Records come in order: once a later line has its, an earlier one waits only for the next batch.</summary>
    static readonly TimeSpan AfterLater = TimeSpan.FromMilliseconds(200);

    /// <summary>For records that are under way when the pipes are closed.</summary>
    static readonly TimeSpan AfterEnd = TimeSpan.FromMilliseconds(200);

    readonly LogGate gate;
    readonly TimeProvider time;
    readonly ITimer timer;
    readonly Lock guard = new();
    readonly Queue<WaitingLine> lines = new();
    readonly EarlyRecords early;
    readonly RecordText text = new();
    readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    bool hasRecords;
    bool ended;
    int characters;
    int withoutRecord;
    long? wakeAt;

    public WaitingLines(LogGate gate, TimeProvider time)
    {
        (this.gate, this.time, early) = (gate, time, new EarlyRecords(time));
        timer = time.CreateTimer(static waiting => ((WaitingLines)waiting!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The exporter can reach the platform: wait for it from now on.</summary>
    public void ExpectRecords()
    {
        lock (guard)
            hasRecords = true;
    }

    /// <summary>A line of the program.</summary>
    public void Add(OutputStream stream, string line)
    {
        lock (guard)
        {
            var guess = stream == OutputStream.Error ? LogSeverity.Error : LogSeverity.Info;
            Enqueue(new WaitingLine(stream, guess, line, time.GetUtcNow()), withoutRecord < ManyWithoutRecord ? Longest : Short);
            if (early.TakeFor(line, Match))
                withoutRecord = 0;
            Drain();
        }
    }

    /// <summary>A line of the platform, behind what the program said before.</summary>
    public void Tell(LogSeverity severity, string message)
    {
        lock (guard)
        {
            Enqueue(new WaitingLine(null, severity, message, time.GetUtcNow()), TimeSpan.Zero);
            Drain();
        }
    }

    /// <summary>What the exporter says about lines that mostly have come already.</summary>
    public void Apply(in ConsoleRecord record)
    {
        lock (guard)
        {
            if (!hasRecords || (ended && lines.Count == 0))
                return;
            withoutRecord = 0;
            if (text.TrySplit(record.Text, MostLines) is not { } parts)
                return;
            if (!Match(record, parts))
                early.Keep(record, parts);
            Drain();
        }
    }

    /// <summary>The pipes are closed. Completes when all lines are out, after <see cref="AfterEnd"/> at the latest.</summary>
    public Task EndAsync()
    {
        lock (guard)
        {
            ended = true;
            Hasten(lines, AfterEnd);
            Drain();
        }
        return drained.Task;
    }

    public void Dispose()
    {
        lock (guard)
        {
            ended = true;
            Hasten(lines, TimeSpan.Zero);
            Drain();
        }
        timer.Dispose();
    }

    void Enqueue(WaitingLine line, TimeSpan wait)
    {
        line.Deadline = After(hasRecords && !ended ? wait : TimeSpan.Zero);
        lines.Enqueue(line);
        characters += line.Size;
    }

    bool Match(in ConsoleRecord record, IReadOnlyList<string> parts)
    {
        if (MatchLines.Find(lines, record.Severity, parts) is not { Count: > 0 } found)
            return false;
        Hasten(lines.TakeWhile(line => line != found[0]), AfterLater);
        foreach (var line in found)
            line.Settle(record);
        MatchLines.Join(found);
        return true;
    }

    void Hasten(IEnumerable<WaitingLine> some, TimeSpan wait)
    {
        var deadline = After(wait);
        foreach (var line in some)
            line.Deadline = Math.Min(line.Deadline, deadline);
    }

    void OnTimer()
    {
        lock (guard)
        {
            wakeAt = null;
            Drain();
        }
    }

    // Lets out from the front what waits for nothing any more.
    void Drain()
    {
        while (lines.TryPeek(out var line) && (line.Settled || IsOver(line) || lines.Count > MostLines || characters > MostCharacters))
        {
            lines.Dequeue();
            characters -= line.Size;
            if (!line.Settled && hasRecords)
                withoutRecord++;
            if (line.Stream is null)
                gate.Tell(line.Severity, line.Text, line.Time);
            else if (!line.Joined)
                gate.Write(line);
        }
        if (lines.TryPeek(out var next))
            WakeAt(next.Deadline);
        else if (ended)
            drained.TrySetResult();
    }

    void WakeAt(long moment)
    {
        if (wakeAt <= moment)
            return;
        wakeAt = moment;
        var wait = time.GetElapsedTime(time.GetTimestamp(), moment) + TimeSpan.FromMilliseconds(1); // timers count whole milliseconds
        timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    bool IsOver(WaitingLine line) => line.Deadline <= time.GetTimestamp();

    long After(TimeSpan wait) => time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);
}

namespace Islet.Isolates.Supervision;

/// <summary>
/// How much of one stream is read in a second, and how many of its lines are looked at: several times what the log keeps, as
/// one message may be many lines. Lines beyond are counted and nothing else; bytes beyond wait in the pipe, so that a program
/// that floods waits for itself. Of one pump only, but for the limit.
/// </summary>
internal sealed class OutputAllowance(TimeProvider time)
{
    const int LeastLines = 1000;
    const int LinesOfMessage = 10;

    const int LeastBytes = 1 << 20;
    const int BytesOfLine = 1 << 10;

    /// <summary>What a read counts at least: of short lines written one by one it is the reads that cost, and after a pause one has many.</summary>
    const int BytesOfRead = 16 << 10;

    static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    /// <summary>Read at once after a quiet time.</summary>
    static readonly TimeSpan Burst = TimeSpan.FromSeconds(4);

    long linesPerSecond = LeastLines;
    long bytesPerSecond = LeastBytes;
    long began;
    long taken;
    int dropped;
    long paidUntil; // timestamp up to which the rate covers what was read

    /// <param name="logged">Lines a second that the log keeps.</param>
    public void Assign(int logged)
    {
        Volatile.Write(ref linesPerSecond, Math.Max(LeastLines, LinesOfMessage * (long)logged));
        Volatile.Write(ref bytesPerSecond, Math.Max(LeastBytes, BytesOfLine * (long)logged));
    }

    /// <summary>Called once for each piece that was read: the lines in it share one look at the clock.</summary>
    public void Begin()
    {
        if (time.GetElapsedTime(began) >= Window)
            (began, taken) = (time.GetTimestamp(), 0);
    }

    /// <summary>False: the line is dropped, and counted.</summary>
    public bool TryTake()
    {
        if (taken < Volatile.Read(ref linesPerSecond))
        {
            taken++;
            return true;
        }
        dropped++;
        return false;
    }

    /// <summary>Lines since the last call that nobody looked at.</summary>
    public int TakeDropped()
    {
        var count = dropped;
        dropped = 0;
        return count;
    }

    /// <summary>How long to leave the stream alone after so many bytes of it.</summary>
    public TimeSpan Pay(int bytes)
    {
        var now = time.GetTimestamp();
        paidUntil = Math.Max(paidUntil, now) + (Math.Max(bytes, BytesOfRead) * time.TimestampFrequency / Volatile.Read(ref bytesPerSecond));
        var wait = time.GetElapsedTime(now, paidUntil) - Burst;
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }
}

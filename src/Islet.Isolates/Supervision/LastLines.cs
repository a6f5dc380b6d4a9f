namespace Islet.Isolates.Supervision;

/// <summary>The newest lines of stderr, for the report of a death. Written by one pump, read by others: short lock.</summary>
internal sealed class LastLines
{
    const int Most = 20;

    readonly Queue<string> lines = new(Most);
    readonly Lock guard = new();

    public void Add(string line)
    {
        lock (guard)
        {
            if (lines.Count == Most)
                lines.Dequeue();
            lines.Enqueue(line);
        }
    }

    public IReadOnlyList<string> ToList()
    {
        lock (guard)
            return [.. lines];
    }
}

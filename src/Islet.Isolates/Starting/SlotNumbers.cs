namespace Islet.Isolates.Starting;

/// <summary>Small numbers for living jails (they choose user ids), lowest first. Short lock.</summary>
internal sealed class SlotNumbers
{
    readonly SortedSet<int> free = [];
    readonly Lock guard = new();
    int next = 1; // 0 is the probe's

    public int Take()
    {
        lock (guard)
        {
            if (free.Count == 0)
                return next++;
            var number = free.Min;
            free.Remove(number);
            return number;
        }
    }

    public void GiveBack(int number)
    {
        lock (guard)
            free.Add(number);
    }
}

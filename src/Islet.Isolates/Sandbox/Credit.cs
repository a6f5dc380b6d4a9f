namespace Islet.Isolates.Sandbox;

/// <summary>Processor time that somebody saves up while resting and spends while computing.</summary>
/// <param name="earned">Of one processor, all the time: the least share.</param>
/// <param name="most">Seconds that are saved up at most, and owed at most.</param>
internal sealed class Credit(double earned, double most)
{
    double left;
    double? spent;

    /// <summary>It has rested enough, until it has nothing left. At first it has not.</summary>
    public bool Rested { get; private set; }

    /// <param name="elapsed">Seconds since the last time.</param>
    /// <param name="total">Seconds of processor time that it has spent from its beginning on.</param>
    /// <returns>Whether <see cref="Rested"/> has changed.</returns>
    public bool Settle(double elapsed, double total)
    {
        left = Math.Clamp(left + (elapsed * earned) - (total - (spent ?? total)), -most, most);
        spent = total;
        var before = Rested;
        Rested = before ? left > 0 : left > most / 2;
        return Rested != before;
    }
}

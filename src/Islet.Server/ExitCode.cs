namespace Islet.Server;

/// <summary>What scripts may tell apart.</summary>
static class ExitCode
{
    /// <summary>A setting cannot be used.</summary>
    public const int BadSetting = 2;

    /// <summary>No jail can be made on this machine, and <c>--unsafe-no-jail</c> was not given.</summary>
    public const int NoJail = 3;

    /// <summary>Something of this machine cannot be had: the port, the data directory or the database.</summary>
    public const int Unavailable = 4;
}

namespace Islet.Isolates.Sandbox;

/// <summary>Draws the fence. One implementation per way of drawing it; the best that works is chosen at start.</summary>
internal interface ISandbox
{
    JailStatus Status { get; }

    /// <summary>User id that owns what the inside may write; null when it is the server's own.</summary>
    uint? UidOf(int number);

    /// <summary>What a path, URL or flag that speaks of the inside is called for the process itself.</summary>
    string Inside(JailPlan plan, string text);

    Task<JailedProcess> StartAsync(JailPlan plan);

    /// <summary>Ends what an earlier server on the same data directory left behind.</summary>
    void Sweep();
}

namespace Islet.Isolates.Sandbox;

/// <summary>Draws the fence. One implementation per way of drawing it; the best that works is chosen at start.</summary>
internal interface ISandbox
{
    JailStatus Status { get; }

    /// <summary>User id that owns what the inside may write; null when it is the server's own.</summary>
    uint? UidOf(int number);

    /// <summary>Whether a slot here can have a network of its own, with the gateway as its only way out.</summary>
    bool HasNetworks { get; }

    /// <summary>What a path, URL or flag that speaks of the inside is called for the process itself.</summary>
    string Inside(JailPlan plan, string text);

    /// <summary>The other way: what the process says, in words of the inside.</summary>
    string Said(JailPlan plan, string text);

    /// <summary>Makes trees appear in empty directories below <c>run/</c> that a jail sees read-only.</summary>
    /// <param name="root">The data directory: trees are below it, and no link in their paths is followed.</param>
    ValueTask FillAsync(string root, IReadOnlyList<(string Tree, string Directory)> trees);

    /// <summary>
    /// Bounds what can be written below an empty directory of <c>run/</c>, where this process has the rights for it. Gives
    /// the path by which it is reached from then on.
    /// </summary>
    ValueTask<string> BoundAsync(string directory);

    /// <summary>To be called before such directories are removed.</summary>
    ValueTask EmptyAsync(IReadOnlyList<string> directories);

    /// <summary>Writes files into a private directory of a jail, owned by its user. Only before tenant code runs there.</summary>
    ValueTask WriteAsync(JailPlan plan, JailedProcess process, string inside, IReadOnlyList<(string Name, byte[] Content)> files);

    /// <summary>Another size for a private directory of a jail that is nearly empty yet. Without the rights for it nothing happens.</summary>
    /// <param name="bytes">Less than the plan said.</param>
    ValueTask ResizeAsync(JailedProcess process, string inside, long bytes);

    /// <param name="network">The namespace that the process starts in; null: one of its own with nothing but loopback.</param>
    Task<JailedProcess> StartAsync(JailPlan plan, SlotNetwork? network);

    /// <summary>Ends what an earlier server on the same data directory left behind.</summary>
    void Sweep();
}

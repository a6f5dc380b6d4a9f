namespace Islet.Isolates.Sandbox;

/// <summary>A process to be started behind walls, in the terms of its inside.</summary>
/// <param name="Name">Unique on this node while it lives; names its cgroup.</param>
/// <param name="Number">Small number, unique among the living: it chooses the user id.</param>
/// <param name="Scratch">Host directory of this plan alone, made by the caller and removed by it at the end.</param>
/// <param name="Mounts">In order; a later one may lie inside an earlier one.</param>
/// <param name="Arguments">Arguments of Deno.</param>
internal sealed record JailPlan(
    string Name,
    int Number,
    string Scratch,
    IReadOnlyList<JailMount> Mounts,
    IReadOnlyDictionary<string, string> Environment,
    string WorkingDirectory,
    IReadOnlyList<string> Arguments,
    ResourceLimits Limits)
{
    /// <summary>The same with absolute paths only, for where links do no harm that the program could not do itself.</summary>
    public JailPlan OnHost(string data) => this with
    {
        Mounts = [.. Mounts.Select(mount => mount is { BelowData: true, Host: { } host } ? mount with { Host = Path.Combine(data, host), BelowData = false } : mount)],
    };
}

/// <param name="Host">Absolute host path; null for a private tmpfs.</param>
/// <param name="Size">Bytes of the tmpfs.</param>
internal sealed record JailMount(string Inside, string? Host, bool Writable, long Size)
{
    /// <summary><see cref="Host"/> is below the data directory and was named by the server: no link in it is followed.</summary>
    public bool BelowData { get; init; }

    public static JailMount ReadOnly(string inside, string host) => new(inside, host, false, 0);

    public static JailMount ReadWrite(string inside, string host) => new(inside, host, true, 0);

    public static JailMount Tmpfs(string inside, long size) => new(inside, null, true, size);
}

/// <param name="Memory">Bytes, swap included.</param>
/// <param name="Pids">Processes and threads.</param>
/// <param name="Cpu">Cores.</param>
internal sealed record ResourceLimits(long Memory, int Pids, double Cpu);

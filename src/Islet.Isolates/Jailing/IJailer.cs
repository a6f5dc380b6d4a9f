using System.Net.Sockets;
using Islet.Contracts;
using Islet.Isolates.Sandbox;

namespace Islet.Isolates.Jailing;

/// <summary>
/// Whoever makes jails: this process, or a process of its own that has the privileges (docs/decisions/0006). A closed set
/// of questions; every path in them lies below the data directory and is resolved without following links.
/// </summary>
internal interface IJailer
{
    /// <exception cref="InvalidOperationException">The isolates have not been started.</exception>
    JailStatus Status { get; }

    /// <summary>Starts Deno in a slot's walls and connects to the socket where it waits for its assignment.</summary>
    /// <exception cref="SlotBootException">It did not come up; nothing of it is left.</exception>
    Task<StartedSlot> StartSlotAsync(SlotOrder order, CancellationToken cancellation);

    /// <summary>Starts one Deno command of a build.</summary>
    /// <exception cref="IOException">It could not be started; nothing of it is left.</exception>
    Task<IJailed> StartBuilderAsync(BuilderOrder order, CancellationToken cancellation);

    /// <summary>Makes files that a builder wrote the server's own, so that no later build can change them. What is missing is left out.</summary>
    /// <param name="directory">Below the data directory.</param>
    /// <param name="paths">Files and whole directories below it.</param>
    Task SealAsync(string directory, IReadOnlyList<string> paths);

    /// <summary>Removes a directory that builders wrote into, whoever owns what is in it.</summary>
    /// <param name="directory">Below <c>modules/</c> of the data directory.</param>
    Task DiscardAsync(string directory);

    /// <summary>Slots that boot from now on see this certificate at <see cref="JailPaths.PlatformCertificate"/>.</summary>
    /// <param name="certificate">PEM.</param>
    Task TrustAsync(string certificate);
}

/// <param name="Name">Digits; unique while the slot lives.</param>
/// <param name="Number">Small number, unique among the living: it chooses the user id.</param>
internal sealed record SlotOrder(string Name, int Number, ResourceLimits Limits, long TmpSize, TimeSpan TimeLimit);

/// <param name="Source">Directory below the data directory that appears at <see cref="JailPaths.Source"/>.</param>
/// <param name="DenoDirectory">Directory below the data directory that appears, writable, as DENO_DIR.</param>
/// <param name="Proxy">Socket below the data directory that appears at <see cref="BuilderJob.ProxyPath"/>; null: no network at all.</param>
internal sealed record BuilderOrder(
    string Name, string Source, string DenoDirectory, string? Proxy, IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> Environment, ResourceLimits Limits);

/// <param name="Control">Connected to Deno's control socket, whose name is gone.</param>
/// <param name="Listeners">Those of the gateway, inside the slot's network; null where a slot has no network of its own.</param>
/// <param name="ServeSocket">Where the program's server can be reached once <see cref="IJailed.PublishAsync"/> said so.</param>
internal sealed record StartedSlot(IJailed Process, Socket Control, SlotListeners? Listeners, string ServeSocket);

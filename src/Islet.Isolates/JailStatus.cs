namespace Islet.Isolates;

/// <summary>Which walls stand around isolates on this machine; found by trying, at start.</summary>
/// <param name="HardLimits">Whether cgroups hold memory, threads and processor time; else memory is polled.</param>
/// <param name="Summary">One line for the banner.</param>
public sealed record JailStatus(JailLevel Level, bool HardLimits, string Summary);

public enum JailLevel
{
    /// <summary>Own user id for each slot, namespaces, system call filter, no capabilities.</summary>
    Full,

    /// <summary>The same without root: all slots share the server's user id outside of their namespaces.</summary>
    UserNamespace,

    /// <summary>Deno's own permissions only.</summary>
    None,
}

/// <summary>No jail can be made here and none was asked to be left out. The message tells what to do.</summary>
public sealed class JailUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

namespace Islet.Contracts;

/// <summary>
/// Takes what Deno's own exporter says a program wrote to its console. The same lines come through the pipes as well,
/// without level: the isolates room puts the two together.
/// </summary>
public interface IIsolateConsole
{
    /// <summary>Never blocks, never throws; records of an isolate that is gone are dropped.</summary>
    void Write(IsolateId isolate, in ConsoleRecord record);
}

/// <param name="Text">What was printed, without its last line break; may have several lines. Hostile, bounded by the sender.</param>
/// <param name="Trace">32 hex digits, null outside of a request.</param>
/// <param name="Span">16 hex digits, null outside of a request.</param>
public readonly record struct ConsoleRecord(LogSeverity Severity, string Text, string? Trace, string? Span);

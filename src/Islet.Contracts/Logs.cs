namespace Islet.Contracts;

public enum LogSeverity : byte
{
    Error = 0,
    Warning = 1,
    Info = 2,
    Debug = 3,
}

/// <summary>One line a deployment, or the platform about it, wrote. Time and level are stamped by the platform.</summary>
/// <param name="Trace">Trace id, 32 hex digits: a claim of the program, as are span ids. Null outside of a request.</param>
public readonly record struct LogLine(
    DeploymentId Deployment, DateTimeOffset Time, LogSeverity Severity, string Message, string? Trace = null, string? Span = null);

/// <summary>Takes log lines of deployments. Never blocks and never throws: what does not fit is dropped and counted.</summary>
public interface ILogSink
{
    void Write(in LogLine line);
}

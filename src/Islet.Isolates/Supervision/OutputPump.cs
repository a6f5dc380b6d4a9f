using Islet.Isolates.Linux;
using System.Net.Sockets;
using Islet.Contracts;

namespace Islet.Isolates.Supervision;

/// <summary>
/// Reads what an isolate writes to stdout (info) and stderr (error), always and to the end: a program must never wait
/// because nobody reads. What it wrote is data, not parsed for meaning.
/// </summary>
internal sealed class OutputPump : IDisposable
{
    readonly LogGate gate;
    readonly LastLines lastLines = new();

    public OutputPump(Socket output, Socket error, ILogSink sink, TimeProvider time)
    {
        gate = new LogGate(sink, time);
        Finished = Task.WhenAll(
            PumpAsync(output, new LineCutter(line => OnLine(LogSeverity.Info, line))),
            PumpAsync(error, new LineCutter(OnErrorLine)));
    }

    /// <summary>Completes when both ends are closed. Never faults.</summary>
    public Task Finished { get; }

    public IReadOnlyList<string> LastLines => lastLines.ToList();

    public void Assign(DeploymentId deployment) => gate.Assign(deployment);

    /// <summary>The platform speaks in the isolate's log.</summary>
    public void Tell(LogSeverity severity, string message) => gate.Tell(severity, message);

    public void Dispose() => gate.Dispose();

    void OnErrorLine(string line)
    {
        if (IsDenosOwn(line))
            return;
        lastLines.Add(line);
        gate.Write(LogSeverity.Error, line);
    }

    void OnLine(LogSeverity severity, string line)
    {
        if (!IsDenosOwn(line))
            gate.Write(severity, line);
    }

    // Printed by Deno when a server comes up; it names a socket that means nothing to the reader.
    static bool IsDenosOwn(string line) =>
        line.StartsWith("deno serve: Listening on ", StringComparison.Ordinal)
        || (line.StartsWith("Listening on ", StringComparison.Ordinal) && line.Contains(JailPaths.ServeSocket, StringComparison.Ordinal));

    static async Task PumpAsync(Socket socket, LineCutter lines)
    {
        var buffer = new byte[4096];
        using (socket)
        {
            try
            {
                while (await socket.ReceiveOnPoolAsync(buffer) is var count and > 0)
                    lines.Feed(buffer.AsSpan(0, count));
            }
            catch (SocketException)
            {
                // Reset by a death in the middle of a write: the same as an end.
            }
            lines.End();
        }
    }
}

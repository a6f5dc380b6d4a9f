using Islet.Isolates.Linux;
using System.Net.Sockets;
using Islet.Contracts;

namespace Islet.Isolates.Supervision;

/// <summary>
/// Reads what an isolate writes to stdout and stderr, always and to the end: a program must never wait because nobody
/// reads. What it wrote is data, not parsed for meaning: levels come from records about it, else stdout is info and
/// stderr is error.
/// </summary>
internal sealed class OutputPump : IDisposable
{
    readonly LogGate gate;
    readonly WaitingLines lines;
    readonly LastLines lastLines = new();
    readonly Action onDisposed;

    public OutputPump(Socket output, Socket error, ILogSink sink, TimeProvider time, Action onDisposed)
    {
        this.onDisposed = onDisposed;
        gate = new LogGate(sink, time);
        lines = new WaitingLines(gate, time);
        Finished = FinishAsync(
            PumpAsync(output, new LineCutter(line => OnLine(OutputStream.Out, line))),
            PumpAsync(error, new LineCutter(line => OnLine(OutputStream.Error, line))));
    }

    /// <summary>
    /// Completes when both ends are closed and all was logged: lines that still wait for a record get a short grace.
    /// Never faults.
    /// </summary>
    public Task Finished { get; }

    /// <summary>Of stderr, as soon as they are read.</summary>
    public IReadOnlyList<string> LastLines => lastLines.ToList();

    /// <param name="hasTelemetry">Deno's exporter reaches the platform from this slot: lines wait for their records.</param>
    public void Assign(IsolateSpec spec, bool hasTelemetry)
    {
        gate.Assign(spec);
        if (hasTelemetry)
            lines.ExpectRecords();
    }

    /// <summary>What Deno's exporter says about lines.</summary>
    public void Write(in ConsoleRecord record) => lines.Apply(record);

    /// <summary>The platform speaks in the isolate's log.</summary>
    public void Tell(LogSeverity severity, string message) => lines.Tell(severity, message);

    public void Dispose()
    {
        onDisposed();
        lines.Dispose();
        gate.Dispose();
    }

    void OnLine(OutputStream stream, string line)
    {
        if (IsDenosOwn(line))
            return;
        if (stream == OutputStream.Error)
            lastLines.Add(line);
        lines.Add(stream, line);
    }

    // Printed by Deno when a server comes up; it names a socket that means nothing to the reader.
    static bool IsDenosOwn(string line) =>
        line.StartsWith("deno serve: Listening on ", StringComparison.Ordinal)
        || (line.StartsWith("Listening on ", StringComparison.Ordinal) && line.Contains(JailPaths.ServeSocket, StringComparison.Ordinal));

    async Task FinishAsync(Task output, Task error)
    {
        await Task.WhenAll(output, error);
        await lines.EndAsync();
    }

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

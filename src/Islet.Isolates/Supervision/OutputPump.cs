using Islet.Isolates.Linux;
using System.Net.Sockets;
using Islet.Contracts;

namespace Islet.Isolates.Supervision;

/// <summary>
/// Reads what an isolate writes to stdout and stderr, always and to the end: a program waits for us only when it floods, and
/// then it is slowed instead of its neighbours. What it wrote is data, not parsed for meaning: levels come from records about it, else stdout is info and
/// stderr is error.
/// </summary>
internal sealed class OutputPump : IDisposable
{
    const int BufferBytes = 16 << 10;

    readonly QuietReads reads;
    readonly TimeProvider time;
    readonly LogGate gate;
    readonly WaitingLines lines;
    readonly LastLines lastLines = new();
    readonly OutputAllowance ofOutput;
    readonly OutputAllowance ofError;
    readonly Action onDisposed;

    public OutputPump(Socket output, Socket error, QuietReads reads, ILogSink sink, TimeProvider time, Action onDisposed)
    {
        (this.onDisposed, this.reads, this.time) = (onDisposed, reads, time);
        (ofOutput, ofError) = (new(time), new(time));
        gate = new LogGate(sink, time);
        lines = new WaitingLines(gate, time);
        Finished = FinishAsync(
            PumpAsync(output, OutputStream.Out, ofOutput),
            PumpAsync(error, OutputStream.Error, ofError));
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
        ofOutput.Assign(spec.Limits.LogLinesPerSecond);
        ofError.Assign(spec.Limits.LogLinesPerSecond);
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

    async Task PumpAsync(Socket socket, OutputStream stream, OutputAllowance allowance)
    {
        var cutter = new LineCutter(line => OnLine(stream, line), allowance.TryTake);
        var buffer = new byte[BufferBytes];
        var (last, passedOver) = (0, 0); // the newest piece, and lines of it that were not looked at
        using (socket)
        using (var source = reads.Of(socket))
        {
            try
            {
                while (await source.ReadAsync(buffer) is var count and > 0)
                {
                    allowance.Begin();
                    cutter.Feed(buffer.AsSpan(0, count));
                    (last, passedOver) = (count, allowance.TakeDropped());
                    if (passedOver > 0)
                        gate.Drop(passedOver);
                    if (allowance.Pay(count) is var wait && wait > TimeSpan.Zero)
                        await Task.Delay(wait, time);
                }
            }
            catch (IOException)
            {
                // The kernel has no room for one more wait: the rest is lost, and its isolate lives on.
            }
            cutter.End();
            if (passedOver > 0 && stream == OutputStream.Error)
                KeepLastLines(buffer.AsSpan(0, last));
        }
    }

    // The report of a death needs them, flood or not.
    void KeepLastLines(ReadOnlySpan<byte> piece)
    {
        var cutter = new LineCutter(lastLines.Add);
        cutter.Feed(piece);
        cutter.End();
    }
}

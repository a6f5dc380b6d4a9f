using System.Collections.Concurrent;
using System.Net.Sockets;
using Islet.Isolates.Linux;
using Islet.Contracts;

namespace Islet.Isolates.Supervision;

/// <summary>The output of all isolates of this node, by isolate, so that what is known about it finds it.</summary>
internal sealed class IsolateConsoles(ILogSink sink, TimeProvider time) : IIsolateConsole, IDisposable
{
    readonly QuietReads reads = new();
    readonly ConcurrentDictionary<IsolateId, OutputPump> pumps = new();

    /// <summary>Reads both streams from now on. Disposing the pump removes it from here.</summary>
    public OutputPump Open(IsolateId isolate, Socket output, Socket error)
    {
        var pump = new OutputPump(output, error, reads, sink, time, () => pumps.TryRemove(isolate, out _));
        pumps[isolate] = pump;
        return pump;
    }

    public void Write(IsolateId isolate, in ConsoleRecord record)
    {
        if (pumps.TryGetValue(isolate, out var pump))
            pump.Write(record);
    }

    /// <summary>When all isolates have ended.</summary>
    public void Dispose() => reads.Dispose();
}

using System.Net.Sockets;
using Islet.Contracts;
using Islet.Isolates.Jailing;
using Islet.Isolates.Supervision;

namespace Islet.Isolates.Starting;

/// <summary>
/// A jailed Deno that waits for its assignment. Assigned once, to one deployment; what ran a tenant's code is never
/// given to another.
/// </summary>
/// <param name="number">Given back when nothing of the slot is left.</param>
internal sealed class Slot(IsolateId id, int number, StartedSlot started, OutputPump output) : IDisposable
{
    public IsolateId Id => id;

    public int Number => number;

    public IJailed Process => started.Process;

    /// <summary>Host path where the program's server is reached.</summary>
    public string ServeSocket => started.ServeSocket;

    /// <summary>Whether the gateway is the slot's way out; else it has no network, or that of the machine.</summary>
    public bool HasGateway => started.Listeners is not null;

    /// <summary>Deno's pre-warm channel: one line out, events back.</summary>
    public Socket Control => started.Control;

    public OutputPump Output => output;

    /// <summary>What Deno's exporter sends from inside reaches the platform.</summary>
    public bool HasTelemetry { get; init; }

    public void Dispose()
    {
        started.Control.Dispose();
        output.Dispose();
    }
}

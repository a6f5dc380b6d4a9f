using System.Net.Sockets;
using Islet.Contracts;
using Islet.Isolates.Sandbox;
using Islet.Isolates.Supervision;

namespace Islet.Isolates.Starting;

/// <summary>
/// A jailed Deno that waits for its assignment. Assigned once, to one deployment; what ran a tenant's code is never
/// given to another.
/// </summary>
internal sealed class Slot(IsolateId id, SlotFiles files, JailPlan plan, JailedProcess process, Socket control, OutputPump output) : IDisposable
{
    public IsolateId Id => id;

    public SlotFiles Files => files;

    public JailPlan Plan => plan;

    public JailedProcess Process => process;

    /// <summary>Deno's pre-warm channel: one line out, events back.</summary>
    public Socket Control => control;

    public OutputPump Output => output;

    /// <summary>What Deno's exporter sends from inside reaches the platform.</summary>
    public bool HasTelemetry { get; init; }

    public void Dispose()
    {
        control.Dispose();
        output.Dispose();
    }
}

using Islet.Contracts;

namespace Islet.Isolates.Starting;

/// <summary>Where nobody brought a gateway: slots have a network in which nobody answers.</summary>
internal sealed class NoGateway : IGateway
{
    public void Open(IsolateId isolate, SlotListeners listeners) => listeners.Dispose();

    public void Assign(IsolateId isolate, IsolateSpec spec)
    {
        // Nobody listens.
    }

    public void Serving(IsolateId isolate)
    {
        // Nobody waits for it.
    }

    public void Close(IsolateId isolate)
    {
        // Nothing was kept.
    }
}

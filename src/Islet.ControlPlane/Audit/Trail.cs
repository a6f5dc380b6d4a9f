using Islet.Contracts;

namespace Islet.ControlPlane.Audit;

/// <summary>From where a change is asked, and what it has left in the audit log so far. Belongs to one request, which is one thread at a time.</summary>
public sealed class Trail(string address, string agent)
{
    const int MaxAddress = 64;
    const int MaxAgent = 256;

    /// <summary>The client's, as the connection says.</summary>
    public string Address { get; } = BoundedLine.Cut(address, MaxAddress);

    /// <summary>What the client calls itself: not to be believed.</summary>
    public string Agent { get; } = BoundedLine.Cut(agent, MaxAgent);

    /// <summary>Whose thing was last looked at for a change; null: nobody's yet.</summary>
    public OrganizationId? Organization { get; private set; }

    /// <summary>Whether an operation has written what it did.</summary>
    public bool IsWritten { get; internal set; }

    internal void Consider(OrganizationId organization) => Organization = organization;
}

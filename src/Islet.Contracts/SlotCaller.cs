using System.Net;

namespace Islet.Contracts;

/// <summary>
/// Who is behind a connection that came out of a slot, told by the socket it came through. The gateway sets it as a
/// feature of each connection that it hands to a server of this process; nothing inside a slot can.
/// </summary>
/// <param name="Destination">Where the program meant to connect.</param>
/// <param name="Host">The name it asked for that address, when it asked for one; a claim.</param>
public sealed record SlotCaller(
    IsolateId Isolate, DeploymentId Deployment, ProjectId Project, OrganizationId Organization, IPEndPoint Destination, string? Host)
{
    /// <summary>The KV database that its deployment has; null: none.</summary>
    public Guid? Database { get; init; }
}

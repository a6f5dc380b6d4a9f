using Islet.Gateway.Handover;

namespace Islet.Gateway;

/// <summary>
/// A service of the platform at a name that exists only inside slots, such as <c>otel.islet.internal</c>. It takes
/// connections as a Kestrel endpoint; who calls is their <see cref="Contracts.SlotCaller"/>, never a token.
/// </summary>
/// <param name="Name">Lower case; below <see cref="Domain"/>.</param>
public sealed record SlotService(string Name, int Port, HandoverEndPoint EndPoint)
{
    public const string Domain = "islet.internal";
}

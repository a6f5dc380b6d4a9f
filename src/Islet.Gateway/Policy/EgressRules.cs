namespace Islet.Gateway.Policy;

/// <summary>Every word that <see cref="Contracts.EgressRecord.Rule"/> may have.</summary>
static class EgressRules
{
    // what allowed
    public const string Public = "public";
    public const string Service = "service";
    public const string Secret = "secret";

    // what allowed, or refused when it is another port or a host that is not in the list
    public const string Platform = "platform";
    public const string PermissionsNet = "permissions.net";

    // what refused
    public const string Loopback = "loopback";
    public const string PrivateAddress = "private-address";
    public const string PrivateAnswer = "private-answer";
    public const string Connections = "connections";
    public const string Questions = "questions";
    public const string Busy = "busy";

    // what refused, or ended
    public const string EgressBytes = "egress-bytes";

    // what ended
    public const string Done = "done";
    public const string Broken = "broken";
    public const string Unreachable = "unreachable";
    public const string Idle = "idle";
    public const string SlotEnded = "slot-ended";
}

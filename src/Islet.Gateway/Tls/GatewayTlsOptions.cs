namespace Islet.Gateway.Tls;

/// <summary>Section <c>Islet:Gateway:Tls</c>.</summary>
public sealed class GatewayTlsOptions
{
    /// <summary>Where the node's own CA keeps its key: private to the server, made when it is not there.</summary>
    public string KeysDirectory { get; set; } = "keys";

    /// <summary>
    /// PEM file of further authorities that the gateway believes when it speaks TLS to a host for a secret, beside the
    /// system's own. For hosts with certificates of a private CA.
    /// </summary>
    public string? UpstreamCaFile { get; set; }
}

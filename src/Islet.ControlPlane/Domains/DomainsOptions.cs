namespace Islet.ControlPlane.Domains;

/// <summary>Section <c>Islet:Domains</c>.</summary>
public sealed class DomainsOptions
{
    public const string VerifyByDns = "dns";
    public const string Trust = "trust";
    public const string NoIssuer = "none";
    public const string InternalIssuer = "internal";

    /// <summary><see cref="VerifyByDns"/>, or <see cref="Trust"/>: the first organization that asks has the name.</summary>
    public string Verification { get; set; } = VerifyByDns;

    /// <summary><see cref="NoIssuer"/>, or <see cref="InternalIssuer"/>: certificates of this installation's own authority.</summary>
    public string Issuer { get; set; } = NoIssuer;

    /// <summary>
    /// Addresses that custom domains shall lead to. Empty: the loopback addresses are shown, and verification does not ask
    /// where a domain leads.
    /// </summary>
    public IList<string> PublicAddresses { get; } = [];
}

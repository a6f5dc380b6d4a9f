using System.Text.Json.Serialization;
using Islet.Api.OpenApi;
using Islet.ControlPlane.Domains;

namespace Islet.Api.DenoDeploy;

[Component("DomainCertificate")]
sealed record DomainCertificateWire(
    [property: OfComponent("TlsCipher")] string Cipher, DateTimeOffset ExpiresAt, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

[Component("DnsRecord")]
sealed record DnsRecordWire(string Type, string Name, string Content);

/// <summary>A state with a name, and why it failed when it has.</summary>
sealed record StatusWire(string Code, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Message = null);

[Component("Domain")]
sealed record DomainWire(
    Guid Id,
    Guid OrganizationId,
    string Domain,
    string Token,
    bool IsValidated,
    IEnumerable<DomainCertificateWire> Certificates,
    [property: OfComponent("ProvisioningStatus")] StatusWire ProvisioningStatus,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? ProjectId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), OfComponent("DeploymentId")] string? DeploymentId,
    IEnumerable<DnsRecordWire> DnsRecords,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    public static DomainWire Of(DomainView view) => new(
        view.Id,
        view.Organization.Value,
        view.Name,
        view.Token,
        view.IsVerified,
        view.Certificates.Select(certificate => new DomainCertificateWire(NameOf(certificate.Cipher), certificate.ExpiresAt, certificate.CreatedAt, certificate.UpdatedAt)),
        StatusOf(view),
        view.Project?.Value,
        view.Deployment?.Value,
        view.DnsRecords.Select(record => new DnsRecordWire(record.Type, record.Name, record.Content)),
        view.CreatedAt,
        view.UpdatedAt);

    static StatusWire StatusOf(DomainView view) => view.Provisioning switch
    {
        Provisioning.Pending => new("pending"),
        Provisioning.Success => new("success"),
        Provisioning.Failed => new("failed", view.ProvisioningProblem ?? "unknown"),
        Provisioning.Manual => new("manual"),
    };

    static string NameOf(CertificateCipher cipher) => cipher switch
    {
        CertificateCipher.Rsa => "rsa",
        CertificateCipher.Ec => "ec",
    };
}

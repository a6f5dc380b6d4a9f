using System.ComponentModel.DataAnnotations;

namespace Islet.Edge.Tls;

/// <summary>Settings of the visitors' door by TLS, section <c>Islet:Edge:Tls</c>.</summary>
public sealed class EdgeTlsOptions
{
    public const string Section = "Islet:Edge:Tls";

    /// <summary>PEM file of the operator's certificate and its issuers, with <see cref="KeyFile"/>. Null: only domains have certificates.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>PEM file of its key, not encrypted.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Suffix of deployment hosts: at and below it there is no certificate but the operator's.</summary>
    public string Domain { get; set; } = "localhost";

    /// <summary>How long a visitor may take for its first message, and again for the rest of the handshake.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);
}

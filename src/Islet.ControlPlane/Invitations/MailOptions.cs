namespace Islet.ControlPlane.Invitations;

/// <summary>The mail server that takes what this installation sends. Without one nothing is sent.</summary>
public sealed class MailOptions
{
    /// <summary>
    /// <c>smtp://HOST:PORT</c>, with STARTTLS where the server offers it, or <c>smtps://HOST:PORT</c>, TLS from the first
    /// byte. Null: no mail.
    /// </summary>
    public Uri? Smtp { get; set; }

    /// <summary>Sender's address; null: <c>islet@</c> and the platform's domain.</summary>
    public string? SmtpFrom { get; set; }

    /// <summary>Null: the server wants no sign-in. With one, TLS must be there unless the server is on loopback.</summary>
    public string? SmtpUser { get; set; }

    /// <summary>File with the password, whose first line counts.</summary>
    public string? SmtpPasswordFile { get; set; }
}

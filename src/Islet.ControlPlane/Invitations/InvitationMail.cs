using System.Globalization;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimeKit;

namespace Islet.ControlPlane.Invitations;

/// <summary>
/// Hands invitations to the mail server. What tenants wrote is one header, which the library encodes, and plain text; the
/// address has been checked to be one.
/// </summary>
public sealed partial class InvitationMail(IOptions<MailOptions> mail, IOptions<ControlPlaneOptions> options, ILogger<InvitationMail> logger)
{
    static readonly TimeSpan AtMost = TimeSpan.FromSeconds(10);

    /// <summary>False when no server is set or it did not take the mail: then the link has to reach the person another way.</summary>
    internal async Task<bool> TrySendAsync(string address, string organization, string inviter, string link, DateTimeOffset expires)
    {
        if (mail.Value.Smtp is not { } server)
            return false;
        try
        {
            using var limit = new CancellationTokenSource(AtMost);
            using var message = Write(address, organization, inviter, link, expires);
            using var client = new SmtpClient { CheckCertificateRevocation = false, Timeout = (int)AtMost.TotalMilliseconds };
            await client.ConnectAsync(server.IdnHost, server.Port, Security(server), limit.Token);
            if (mail.Value.SmtpUser is { } user)
                await client.AuthenticateAsync(user, await PasswordAsync(limit.Token), limit.Token);
            await client.SendAsync(message, limit.Token);
            await client.DisconnectAsync(quit: true, limit.Token);
            return true;
        }
        catch (Exception exception)
        {
            // of whatever kind: the invitation stands, and its maker is given the link
            Log.NotSent(logger, exception, server);
            return false;
        }
    }

    MimeMessage Write(string address, string organization, string inviter, string link, DateTimeOffset expires)
    {
        // not what would be read as an encoded word of somebody else's (RFC 2047, section 2)
        var message = new MimeMessage { Subject = $"Invitation to {organization.Replace("=?", "= ?", StringComparison.Ordinal)}" };
        message.From.Add(new MailboxAddress("Islet", mail.Value.SmtpFrom ?? $"islet@{options.Value.Domain}"));
        message.To.Add(new MailboxAddress("", address));
        message.Headers.Add("Auto-Submitted", "auto-generated"); // RFC 3834: no vacation answers
        message.Body = new TextPart("plain")
        {
            Text = $"{inviter} invites you to the organization \"{organization}\".\n\n"
                + $"{link}\n\n"
                + $"The link is for you alone. It works once, until {expires.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC.\n",
        };
        return message;
    }

    SecureSocketOptions Security(Uri server) =>
        server.Scheme == "smtps" ? SecureSocketOptions.SslOnConnect
        : mail.Value.SmtpUser is not null && !server.IsLoopback ? SecureSocketOptions.StartTls
        : SecureSocketOptions.StartTlsWhenAvailable;

    async Task<string> PasswordAsync(CancellationToken cancellation)
    {
        if (mail.Value.SmtpPasswordFile is not { } file)
            return "";
        using var reader = File.OpenText(file);
        return await reader.ReadLineAsync(cancellation) ?? "";
    }

    static partial class Log
    {
        [LoggerMessage(2600, LogLevel.Warning, "The mail server {Server} did not take an invitation; its maker was given the link")]
        public static partial void NotSent(ILogger logger, Exception exception, Uri server);
    }
}

using System.Security.Cryptography;
using System.Text.Json;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.ControlPlane.Users;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Organizations;

/// <summary>Content of <c>credentials.json</c>: what the first user needs to begin.</summary>
public sealed record FirstCredentials(
    string ApiUrl,
    string VercelUrl,
    string OrganizationId,
    string TeamId,
    string Token,
    string Email,
    string Password,
    string DashboardUrl);

/// <summary>
/// On an empty database: a user, their organization and a token. The file is durable under another name before the rows
/// are, and gets its name after them, so a crash in between is finished at the next start.
/// </summary>
public sealed class FirstStart(IsletDb db, IOptions<ControlPlaneOptions> options, TimeProvider time)
{
    const string PasswordAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    const int PasswordLength = 20;

    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    readonly string file = Path.Combine(Path.GetFullPath(options.Value.DataDirectory), "credentials.json");

    string Unfinished => file + ".unfinished";

    /// <summary>Null unless this is the first start.</summary>
    public async Task<FirstCredentials?> RunAsync(CancellationToken cancellation)
    {
        // 1 a start that was cut off: its rows are there or not
        if (await FindUnfinishedAsync(cancellation) is { } begun)
        {
            Durable.Rename(Unfinished, file);
            return begun;
        }
        if (await db.Users.AnyAsync(cancellation))
            return null;

        // 2 the file under another name
        var (credentials, rows) = Make();
        Write(credentials);

        // 3 the rows, at once
        db.AddRange(rows);
        await db.SaveChangesAsync(cancellation);

        // 4 its name
        Durable.Rename(Unfinished, file);
        return credentials;
    }

    async Task<FirstCredentials?> FindUnfinishedAsync(CancellationToken cancellation)
    {
        if (!File.Exists(Unfinished))
            return null;
        var credentials = Read(Unfinished);
        if (credentials is not null)
        {
            var hash = TokenSecret.Hash(credentials.Token);
            if (await db.Tokens.AnyAsync(row => row.Hash == hash, cancellation))
                return credentials;
        }
        File.Delete(Unfinished);
        return null;
    }

    /// <summary>Null when it was cut off while it was written, which was before any row.</summary>
    static FirstCredentials? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<FirstCredentials>(File.ReadAllBytes(path), Json) is { Token: not null } whole ? whole : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    (FirstCredentials Credentials, object[] Rows) Make()
    {
        var now = time.Moment();
        var password = RandomNumberGenerator.GetString(PasswordAlphabet, PasswordLength);
        var user = new User
        {
            Id = new(Guid.NewGuid()),
            Email = $"admin@{options.Value.Domain}",
            PasswordHash = PasswordHash.Create(password),
            IsOperator = true,
            CreatedAt = now,
        };
        var organization = new Organization
        {
            Id = new(Guid.NewGuid()),
            Name = "default",
            PersonalOf = user.Id,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var membership = new Membership { OrganizationId = organization.Id, UserId = user.Id, CreatedAt = now };
        var (token, secret) = Tokens.Tokens.Make(user.Id, "first start", organization: null, project: null, lifetime: null, now);
        var url = options.Value.PublicUrl.TrimEnd('/');
        var credentials = new FirstCredentials(
            $"{url}/v1", url, organization.Id.ToString(), Organizations.TeamIdOf(organization.Id), secret, user.Email, password, $"{url}/");
        return (credentials, [user, organization, membership, token]);
    }

    void Write(FirstCredentials credentials)
    {
        var ownerOnly = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            ownerOnly.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(Unfinished, ownerOnly))
        {
            JsonSerializer.Serialize(stream, credentials, Json);
            stream.Flush(flushToDisk: true);
        }
        Durable.SyncDirectory(Path.GetDirectoryName(file)!);
    }
}

using System.Security.Cryptography;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Islet.ControlPlane.Organizations;

public sealed class Organizations(IsletDb db)
{
    public async Task<Outcome<Organization>> GetAsync(Caller caller, OrganizationId id, CancellationToken cancellation) =>
        await db.Organizations.AsNoTracking().Of(caller).FirstOrDefaultAsync(row => row.Id == id, cancellation) is { } found
            ? found
            : NotFound(id);

    /// <summary>The other dialect's name for an organization: <c>team_</c> and 24 characters that never change.</summary>
    public static string TeamIdOf(OrganizationId id)
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        var hash = SHA256.HashData(id.Value.ToByteArray(bigEndian: true));
        return string.Create(29, hash, static (text, hash) =>
        {
            "team_".CopyTo(text);
            for (var index = 0; index < 24; index++)
                text[5 + index] = Alphabet[hash[index] % Alphabet.Length];
        });
    }

    internal static Refusal NotFound(OrganizationId id) =>
        new(RefusalCode.OrganizationNotFound, $"The organization {id} does not exist or you have no access to it");
}

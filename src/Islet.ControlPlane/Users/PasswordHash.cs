using System.Globalization;
using System.Security.Cryptography;

namespace Islet.ControlPlane.Users;

/// <summary>PBKDF2 with HMAC-SHA-512, stored as <c>pbkdf2-sha512$iterations$salt$key</c> so that the cost can grow later.</summary>
static class PasswordHash
{
    const string Scheme = "pbkdf2-sha512";
    const int Iterations = 210_000;
    const int SaltBytes = 16;
    const int KeyBytes = 32;

    public static string Create(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var key = Rfc2898DeriveBytes.Pbkdf2(password, salt, Iterations, HashAlgorithmName.SHA512, KeyBytes);
        return $"{Scheme}${Iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(key)}";
    }

    public static bool Verify(string stored, string password)
    {
        if (stored.Split('$') is not [Scheme, var iterations, var salt, var key])
            return false;
        var expected = Convert.FromBase64String(key);
        var given = Rfc2898DeriveBytes.Pbkdf2(
            password, Convert.FromBase64String(salt), int.Parse(iterations, CultureInfo.InvariantCulture), HashAlgorithmName.SHA512, expected.Length);
        return CryptographicOperations.FixedTimeEquals(expected, given);
    }
}

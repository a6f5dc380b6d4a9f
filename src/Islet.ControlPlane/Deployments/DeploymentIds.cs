using System.Buffers;
using System.Security.Cryptography;
using Islet.Contracts;

namespace Islet.ControlPlane.Deployments;

/// <summary>12 characters of lower-case Crockford base32.</summary>
public static class DeploymentIds
{
    const int Length = 12;
    const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    static readonly SearchValues<char> Characters = SearchValues.Create(Alphabet);

    public static DeploymentId New() => new(RandomNumberGenerator.GetString(Alphabet, Length));

    public static bool IsOne(ReadOnlySpan<char> text) => text.Length == Length && !text.ContainsAnyExcept(Characters);
}

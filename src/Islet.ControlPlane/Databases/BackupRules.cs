using Islet.Contracts;

namespace Islet.ControlPlane.Databases;

/// <summary>A place for backups as a client wants it; nothing is checked yet but types.</summary>
public sealed record BackupTarget(string Endpoint, string Bucket, string Region, string AccessKeyId, string SecretAccessKey, string Prefix)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{Endpoint}/{Bucket}";
}

/// <summary>What the place of a backup may be. Gives the first thing wrong, or null.</summary>
static class BackupRules
{
    public const int MaxEndpoint = 300;
    public const int MaxBucket = 222;
    public const int MaxRegion = 50;
    public const int MaxKey = 200;
    public const int MaxPrefix = 500;

    public static Refusal? Check(BackupTarget target, IEnumerable<string> endpoints)
    {
        if (target.Region.Length is 0 or > MaxRegion || !target.Region.All(IsLetterDigitHyphen))
            return Bad("bucketRegion", "must be the name of a region: letters, digits and hyphens");
        var allowed = endpoints.Select(endpoint => endpoint.Replace("{region}", target.Region, StringComparison.Ordinal).TrimEnd('/')).ToList();
        if (target.Endpoint.Length > MaxEndpoint || !allowed.Contains(target.Endpoint.TrimEnd('/'), StringComparer.OrdinalIgnoreCase))
            return Bad("endpoint", allowed.Count == 0 ? "is not possible: this installation allows no place for backups" : $"must be one of {string.Join(", ", allowed)}");
        if (target.Bucket.Length is < 3 or > MaxBucket || !target.Bucket.All(character => IsLetterDigitHyphen(character) || character is '.' or '_'))
            return Bad("bucketName", $"must have 3 to {MaxBucket} lower-case letters, digits, hyphens, dots or underscores");
        if (target.AccessKeyId.Length is 0 or > MaxKey || target.AccessKeyId.Any(NotVisible))
            return Bad("accessKeyId", $"must have 1 to {MaxKey} visible ASCII characters");
        if (target.SecretAccessKey.Length is 0 or > MaxKey || target.SecretAccessKey.Any(NotVisible))
            return Bad("secretAccessKey", $"must have 1 to {MaxKey} visible ASCII characters");
        if (target.Prefix.Split('/').Any(part => part is "." or ".."))
            return Bad("prefix", "must not have parts that are . or ..");
        return target.Prefix.Length > MaxPrefix || target.Prefix.Any(char.IsControl)
            ? Bad("prefix", $"must not have more than {MaxPrefix} characters, nor control characters")
            : null;
    }

    static bool IsLetterDigitHyphen(char character) => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-';

    static bool NotVisible(char character) => character is <= ' ' or > '~';

    static Refusal Bad(string field, string problem) => new(RefusalCode.BadRequest, $"{field} {problem}", field);
}

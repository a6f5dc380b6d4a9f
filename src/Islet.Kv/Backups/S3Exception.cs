namespace Islet.Kv.Backups;

/// <summary>The bucket has refused. The message may be shown to whoever owns the backup.</summary>
/// <param name="isPermanent">Asking again will not help.</param>
sealed class S3Exception(string message, bool isPermanent) : Exception(message)
{
    public bool IsPermanent { get; } = isPermanent;
}

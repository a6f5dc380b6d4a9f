namespace Islet.Contracts;

/// <summary>Continuous backups of KV databases to S3, made by this node.</summary>
public interface IKvBackups
{
    /// <summary>
    /// All backups that there are, read after the last call has returned. Those of this node are made; of those that are not
    /// named any more no changes are kept. What was copied stays.
    /// </summary>
    ValueTask SetAsync(IReadOnlyCollection<KvBackup> wanted, CancellationToken cancellation);

    /// <summary>Makes none any more, because the server ends: what waits is copied by whoever goes on.</summary>
    ValueTask LeaveAsync();

    KvBackupState Find(Guid backup);
}

/// <param name="Problem">Why it has failed for good; says nothing secret.</param>
public readonly record struct KvBackupState(bool IsActive, string? Problem);

/// <param name="WasActive">It has been complete once, so the database must know it.</param>
public sealed record KvBackup(
    Guid Id, Guid Database, string Endpoint, string Bucket, string Region, string AccessKeyId, string SecretAccessKey, string Prefix, bool WasActive)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{Id} of {Database}";

    /// <summary>So long this node alone makes it, unless it is told again; null: another node does.</summary>
    public TimeSpan? HeldFor { get; init; }
}

namespace Islet.Isolates.Building;

/// <summary>
/// Watches what a build adds to its module cache. A cache has too many files to be walked each time; so the disk's free
/// space is looked at often, which costs nothing, and the cache only when as much has gone as the build may take.
/// </summary>
internal sealed class CacheGrowth(string directory, long limit, TimeProvider time)
{
    static readonly TimeSpan LookEach = TimeSpan.FromMilliseconds(100);

    readonly DriveInfo disk = new(directory);
    readonly DateTime since = DateTime.UtcNow - TimeSpan.FromSeconds(1); // file systems keep coarse times
    readonly long freeAtStart = new DriveInfo(directory).AvailableFreeSpace;

    /// <summary>Bytes by which the disk got fuller; others write too.</summary>
    public long Grew => Math.Max(0, freeAtStart - disk.AvailableFreeSpace);

    /// <summary>Completes when the limit is passed, or by cancellation.</summary>
    public async Task PassedAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(LookEach, time);
        for (var free = freeAtStart; await timer.WaitForNextTickAsync(cancellation);)
        {
            if (free - disk.AvailableFreeSpace <= limit)
                continue;
            if (Added() > limit)
                return;
            free = disk.AvailableFreeSpace; // somebody else's
        }
    }

    long Added()
    {
        var all = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        long added = 0;
        foreach (var file in new DirectoryInfo(directory).EnumerateFiles("*", all))
            try
            {
                if (file.CreationTimeUtc >= since)
                    added += file.Length;
            }
            catch (IOException)
            {
                // Deno renames and removes while we look.
            }
        return added;
    }
}

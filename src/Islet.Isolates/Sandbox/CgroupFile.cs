namespace Islet.Isolates.Sandbox;

/// <summary>Writes to control files. A write can be cut silently by rules of the parent, so each is read back.</summary>
internal static class CgroupFile
{
    public static void Set(string directory, string file, string value)
    {
        var path = Path.Combine(directory, file);
        File.WriteAllText(path, value);
        var read = File.ReadAllText(path).Trim();
        if (!string.Equals(read, value, StringComparison.Ordinal))
            throw new IOException($"{path} is {read} after {value} was written.");
    }

    public static long WholePages(long bytes) => bytes / Environment.SystemPageSize * Environment.SystemPageSize;
}

namespace Islet.Server.Hosts;

/// <summary>Where the pinned Deno is: the setting, beside the executable, in the project, or on the PATH.</summary>
static class FindDeno
{
    /// <exception cref="FormatException">Nowhere; the message tells what to do.</exception>
    public static string Path(string? setting)
    {
        if (setting is not null)
            return File.Exists(setting) ? System.IO.Path.GetFullPath(setting) : throw new FormatException($"--deno (ISLET_DENO) is '{setting}': there is no such file");

        var found = Candidates().FirstOrDefault(File.Exists)
            ?? throw new FormatException("Deno was not found: run eng/setup.sh, or name it by --deno or ISLET_DENO");
        return System.IO.Path.GetFullPath(found);
    }

    static IEnumerable<string> Candidates()
    {
        yield return System.IO.Path.Combine(AppContext.BaseDirectory, "deno");
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
            yield return System.IO.Path.Combine(directory.FullName, ".tools", "deno");
        foreach (var directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
            yield return System.IO.Path.Combine(directory, "deno");
    }
}

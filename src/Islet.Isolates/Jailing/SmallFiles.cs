using Islet.Isolates.Linux;

namespace Islet.Isolates.Jailing;

/// <summary>The plain files of an artifact that each slot gets a copy of: lock, configuration, code caches.</summary>
internal static class SmallFiles
{
    const int MostBytes = 96 << 20;

    /// <exception cref="IOException">They are more than a slot has room for.</exception>
    public static List<(string Name, byte[] Content)> Read(string root, string directory)
    {
        var files = new List<(string, byte[])>();
        if (!Directory.Exists(Path.Combine(root, directory)))
            return files;
        var total = 0L;
        foreach (var file in new DirectoryInfo(Path.Combine(root, directory)).EnumerateFiles())
        {
            using var place = Beneath.Open(root, $"{directory}/{file.Name}");
            if ((total += file.Length) > MostBytes)
                throw new IOException($"{directory} has more than {MostBytes} bytes of files to copy.");
            files.Add((file.Name, File.ReadAllBytes(Beneath.Name(place))));
        }
        return files;
    }
}

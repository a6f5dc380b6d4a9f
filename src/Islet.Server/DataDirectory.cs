using System.Text;
using Islet.Isolates;

namespace Islet.Server;

/// <summary>The data directory as the server itself sees it; its rooms have their own places below.</summary>
static class DataDirectory
{
    /// <summary>Exists while a server is ready to answer; holds its process id. For scripts that start one.</summary>
    public static string ReadyFile(string directory) => Path.Combine(directory, "run", "ready");

    /// <summary>Makes it, so that what is wrong with it is known before anything starts.</summary>
    /// <exception cref="FormatException">Its path is too long.</exception>
    /// <exception cref="IOException">It cannot be made or written, or <see cref="UnauthorizedAccessException"/>.</exception>
    public static void Prepare(string directory)
    {
        if (Encoding.UTF8.GetByteCount(directory) > IsolatesSetup.LongestDataDirectory)
            throw new FormatException($"The data directory's path is too long for Unix sockets below it: {directory}. Choose one of at most {IsolatesSetup.LongestDataDirectory} bytes by --data");
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var trial = Path.Combine(directory, $"trial-{Environment.ProcessId}");
        File.WriteAllBytes(trial, []);
        File.Delete(trial);
    }
}

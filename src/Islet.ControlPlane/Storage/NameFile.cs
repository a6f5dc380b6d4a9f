using Islet.ControlPlane.Deployments;

namespace Islet.ControlPlane.Storage;

/// <summary>A file with a random name in it, by which something is known again.</summary>
static class NameFile
{
    /// <summary>Of processes that make it at once, one does.</summary>
    public static string ReadOrMake(string file)
    {
        if (!File.Exists(file))
        {
            var unfinished = $"{file}.{DeploymentIds.New()}.unfinished";
            File.WriteAllText(unfinished, DeploymentIds.New().Value);
            try
            {
                File.Move(unfinished, file, overwrite: false);
            }
            catch (IOException) when (File.Exists(file))
            {
                File.Delete(unfinished); // another one's is there
            }
            Durable.SyncDirectory(Path.GetDirectoryName(file)!);
        }
        return File.ReadAllText(file).Trim() is { Length: > 0 } name
            ? name
            : throw new IOException($"{file} is empty: bring it back, or remove it if nothing depends on it.");
    }
}

using System.Collections.Concurrent;
using Islet.Contracts;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Builds;

/// <summary>
/// The module caches of this node, one DENO_DIR an organization: <c>&lt;data&gt;/modules/&lt;organization&gt;/</c>. Never
/// shared between organizations, never read by a slot: artifacts take links of what they need.
/// </summary>
sealed class ModuleCaches(IOptions<ControlPlaneOptions> options, IOptions<BuildsOptions> builds)
{
    readonly string root = Path.Combine(Path.GetFullPath(options.Value.DataDirectory), "modules");
    readonly ConcurrentDictionary<OrganizationId, int> users = new();

    /// <summary>A cache to build with, and a directory of this build's own inside it that goes away on dispose.</summary>
    public Use Enter(OrganizationId organization, DeploymentId deployment)
    {
        Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var directory = Path.Combine(root, organization.ToString());
        var alone = users.AddOrUpdate(organization, 1, (_, count) => count + 1) == 1;
        if (alone && Directory.Exists(directory) && SizeOf(directory) > builds.Value.MaxCacheBytes)
        {
            Directory.Delete(directory, recursive: true);
            File.Delete(directory + ".integrity");
        }
        Directory.CreateDirectory(directory);
        return new(this, organization, directory, $"build-{deployment}");
    }

    static long SizeOf(string directory) => new DirectoryInfo(directory)
        .EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
        .Sum(file => file.Length);

    /// <param name="Directory">Host path of the cache.</param>
    /// <param name="Work">Name of the build's own directory in it.</param>
    public sealed record Use(ModuleCaches Caches, OrganizationId Organization, string Directory, string Work) : IDisposable
    {
        public void Dispose()
        {
            Caches.users.AddOrUpdate(Organization, 0, (_, count) => count - 1);
            if (System.IO.Directory.Exists(Path.Combine(Directory, Work)))
                System.IO.Directory.Delete(Path.Combine(Directory, Work), recursive: true);
        }
    }
}

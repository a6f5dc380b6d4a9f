using System.Collections.Concurrent;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Builds;

/// <summary>
/// The module caches of this node, one DENO_DIR an organization: <c>&lt;data&gt;/modules/&lt;organization&gt;/</c>. Never
/// shared between organizations, never read by a slot: artifacts take links of what they need. What Deno writes there is
/// not synced, so after a power loss all of it is thrown away.
/// </summary>
sealed class ModuleCaches(IOptions<ControlPlaneOptions> options, IOptions<BuildsOptions> builds)
{
    /// <summary>End of the name of a cache that is being removed.</summary>
    const string Thrown = ".thrown";

    /// <summary>A cache's size is looked at before each so manieth build of its organization.</summary>
    const int MeasuredEach = 50;

    readonly string root = Path.Combine(Path.GetFullPath(options.Value.DataDirectory), "modules");
    readonly ConcurrentDictionary<OrganizationId, int> users = new();
    readonly ConcurrentDictionary<OrganizationId, int> entries = new(); // builds of this process

    /// <summary>There from <see cref="Open"/> to <see cref="Close"/>, with the name of the machine's boot.</summary>
    string Marker => Path.Combine(root, "unsynced");

    /// <summary>
    /// Before the first build. A server that was only killed has lost nothing; one that went down with its machine may
    /// have left files that are empty or cut.
    /// </summary>
    public void Open()
    {
        var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id");
        Durable.CreateDirectory(root);
        Durable.OwnerOnly(new DirectoryInfo(root));
        var lost = File.Exists(Marker) && File.ReadAllText(Marker) != boot;
        foreach (var directory in Directory.EnumerateDirectories(root).ToList())
            if (lost || directory.EndsWith(Thrown, StringComparison.Ordinal))
                Throw(directory);
        File.WriteAllText(Marker, boot);
        Durable.SyncDirectory(root);
    }

    /// <summary>After the last build.</summary>
    public void Close()
    {
        Durable.SyncFileSystem(root);
        File.Delete(Marker);
    }

    /// <summary>A cache to build with, and a directory of this build's own inside it that goes away on dispose.</summary>
    public Use Enter(OrganizationId organization, DeploymentId deployment)
    {
        var directory = Path.Combine(root, organization.ToString());
        var alone = users.AddOrUpdate(organization, 1, (_, count) => count + 1) == 1;
        if (alone && Directory.Exists(directory) && IsMeasured(organization) && SizeOf(directory) > builds.Value.MaxCacheBytes)
            Throw(directory);
        Directory.CreateDirectory(directory);
        File.SetUnixFileMode(directory, (UnixFileMode)0b111_111_111); // the builder's user writes here; nobody else gets past the root
        return new(this, organization, directory, $"build-{deployment}");
    }

    /// <summary>Now and then only: the walk takes longer than a build when a cache holds many packages.</summary>
    bool IsMeasured(OrganizationId organization) => entries.AddOrUpdate(organization, 1, (_, count) => count + 1) % MeasuredEach == 0;

    /// <summary>Whole or not at all: half a package would count as one.</summary>
    static void Throw(string directory)
    {
        var thrown = directory.EndsWith(Thrown, StringComparison.Ordinal) ? directory : directory + Thrown;
        if (thrown != directory)
        {
            Directory.Move(directory, thrown);
            File.Delete(directory + ".integrity");
        }
        Directory.Delete(thrown, recursive: true);
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

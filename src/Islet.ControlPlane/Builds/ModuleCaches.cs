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
sealed class ModuleCaches(IBuilderJail jail, IOptions<ControlPlaneOptions> options, IOptions<BuildsOptions> builds)
{
    /// <summary>End of the name of a cache that is being removed.</summary>
    const string Thrown = ".thrown";

    /// <summary>A cache's size is looked at before each so manieth build of its organization.</summary>
    const int MeasuredEach = 50;

    /// <summary>And after builds that filled this part of what a cache may have.</summary>
    const int MeasuredParts = 8;

    readonly string root = Path.Combine(Path.GetFullPath(options.Value.DataDirectory), "modules");
    readonly ConcurrentDictionary<OrganizationId, Cache> caches = new();

    /// <summary>There from <see cref="OpenAsync"/> to <see cref="Close"/>, with the name of the machine's boot.</summary>
    string Marker => Path.Combine(root, "unsynced");

    /// <summary>
    /// Before the first build. A server that was only killed has lost nothing; one that went down with its machine may
    /// have left files that are empty or cut.
    /// </summary>
    public async Task OpenAsync()
    {
        var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id");
        Durable.CreateDirectory(root);
        Durable.OwnerOnly(new DirectoryInfo(root));
        var lost = File.Exists(Marker) && File.ReadAllText(Marker) != boot;
        foreach (var directory in Directory.EnumerateDirectories(root).ToList())
            if (lost || directory.EndsWith(Thrown, StringComparison.Ordinal))
                await RemoveAsync(directory.EndsWith(Thrown, StringComparison.Ordinal) ? directory : TakeAway(directory));
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
    public async Task<Use> EnterAsync(OrganizationId organization, DeploymentId deployment)
    {
        var directory = Path.Combine(root, organization.ToString());
        var cache = caches.GetOrAdd(organization, _ => new());
        string? thrown = null;
        lock (cache) // two builds that begin at once agree on the directory they have
        {
            if (cache.Users == 0 && cache.IsDue(builds.Value.MaxCacheBytes / MeasuredParts) && Directory.Exists(directory) && SizeOf(directory) > builds.Value.MaxCacheBytes)
                thrown = TakeAway(directory);
            cache.Users++;
            Directory.CreateDirectory(directory);
            File.SetUnixFileMode(directory, (UnixFileMode)0b111_111_111); // builders are another user; nobody else gets past the root
        }
        if (thrown is not null)
            await RemoveAsync(thrown); // takes long, and nobody waits for it but this build
        return new(this, cache, directory, $"build-{deployment}");
    }

    /// <summary>What builders wrote is theirs: they have it removed, then the rest is ours to remove.</summary>
    async Task RemoveAsync(string directory)
    {
        if (!Directory.Exists(directory))
            return;
        await jail.DiscardAsync(directory);
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>Whole or not at all: half a package would count as one. Gives the name of what is to be removed.</summary>
    static string TakeAway(string directory)
    {
        var thrown = $"{directory}.{Guid.NewGuid():N}{Thrown}";
        Directory.Move(directory, thrown);
        File.Delete(directory + ".integrity");
        return thrown;
    }

    static long SizeOf(string directory) => new DirectoryInfo(directory)
        .EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
        .Sum(file => file.Length);

    /// <summary>What is known of one organization's cache. Its lock guards all of it.</summary>
    internal sealed class Cache
    {
        int entries; // builds of this process
        long grew; // since it was measured

        public int Users { get; set; }

        /// <summary>Now and then only: the walk takes longer than a build when a cache holds many packages.</summary>
        public bool IsDue(long growth)
        {
            if (++entries % MeasuredEach != 0 && grew <= growth)
                return false;
            grew = 0;
            return true;
        }

        public void Grew(long bytes) => grew += bytes;
    }

    /// <summary>A build's hold on a cache: nobody takes it away meanwhile.</summary>
    public sealed class Use : IAsyncDisposable
    {
        readonly ModuleCaches caches;
        readonly Cache cache;

        internal Use(ModuleCaches caches, Cache cache, string directory, string work) =>
            (this.caches, this.cache, Directory, Work) = (caches, cache, directory, work);

        /// <summary>Host path of the cache.</summary>
        public string Directory { get; }

        /// <summary>Name of the build's own directory in it.</summary>
        public string Work { get; }

        /// <summary>The build has added about as much; after enough of it the cache is measured.</summary>
        public void Grew(long bytes)
        {
            lock (cache)
                cache.Grew(bytes);
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                await caches.RemoveAsync(Path.Combine(Directory, Work));
            }
            finally
            {
                lock (cache)
                    cache.Users--;
            }
        }
    }
}

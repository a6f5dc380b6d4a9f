namespace Islet.ControlPlane;

/// <summary>What the control plane is told by its host. The host binds and validates it before the start.</summary>
public sealed class ControlPlaneOptions
{
    /// <summary>Absolute path of the data directory; made when it does not exist.</summary>
    public string DataDirectory { get; set; } = ".islet";

    /// <summary>PostgreSQL database in Npgsql's form, see <see cref="Storage.PostgresAddress"/>; null: a SQLite file in the data directory.</summary>
    public string? Database { get; set; }

    /// <summary>
    /// Absolute path of what the nodes of one database share: blobs, and the key that seals secrets. Null: the data
    /// directory.
    /// </summary>
    public string? SharedDirectory { get; set; }

    /// <summary>Platform suffix of deployment hosts. The literal <c>deno.dev</c> in templates means this.</summary>
    public string Domain { get; set; } = "localhost";

    /// <summary>Base where clients reach this server, without a trailing slash: goes into <c>credentials.json</c>.</summary>
    public string PublicUrl { get; set; } = "http://127.0.0.1:8000";

    /// <summary>Region label of this node; one of the published list, because strict clients refuse others.</summary>
    public string Region { get; set; } = "gcp-us-east4";

    /// <summary>
    /// How long an organization can name a content by its hash after its last use by a deployment. Files wait at most
    /// this long too before they are removed, so that zero removes all at once.
    /// </summary>
    public TimeSpan KeepUnusedAssets { get; set; } = TimeSpan.FromDays(30);

    /// <summary><see cref="SharedDirectory"/>, or what stands in for it.</summary>
    public string Shared => Path.GetFullPath(SharedDirectory ?? DataDirectory);

    /// <summary>How long lines of the audit log are kept.</summary>
    public TimeSpan KeepAudit { get; set; } = TimeSpan.FromDays(365);

    /// <summary>Where large request bodies are while they are read; disposable.</summary>
    public string UploadDirectory => Path.Combine(Path.GetFullPath(DataDirectory), "uploads");
}

namespace Islet.ControlPlane.Databases;

/// <summary>Section <c>Islet:Backups</c>.</summary>
public sealed class BackupsOptions
{
    /// <summary>
    /// S3 endpoints that backups may go to, as URLs; <c>{region}</c> stands for the bucket's region. Empty: none. What a
    /// tenant names is reached by the server itself, past the gateway, hence a closed list.
    /// </summary>
    public IList<string> Endpoints { get; } = [];
}

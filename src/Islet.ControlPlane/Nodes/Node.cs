using Islet.ControlPlane.Storage;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Nodes;

/// <summary>
/// This server among those that share a database. Its name is in <c>&lt;data&gt;/node</c>, so that after a kill it knows
/// what it had claimed; the lock of the data directory says that nobody else has the same one.
/// </summary>
public sealed class Node(IOptions<ControlPlaneOptions> options)
{
    readonly Lazy<string> name = new(() => NameFile.ReadOrMake(Path.Combine(Path.GetFullPath(options.Value.DataDirectory), "node")));

    /// <summary>Letters and digits; asked for when the data directory is there.</summary>
    public string Name => name.Value;
}

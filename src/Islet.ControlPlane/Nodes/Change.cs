using System.Globalization;

namespace Islet.ControlPlane.Nodes;

/// <summary>What became different in the database, as <see cref="ChangeTriggers"/> tells it.</summary>
enum ChangeKind
{
    /// <summary>A route: the stored host.</summary>
    Host,

    /// <summary>Limits of an organization: its id.</summary>
    Organization,

    /// <summary>Limits of a project: its id.</summary>
    Project,

    /// <summary>A deployment was deleted: its id.</summary>
    Gone,

    /// <summary>A deployment waits for its build.</summary>
    Build,

    /// <summary>What a token opens.</summary>
    Rights,

    /// <summary>Certificates of a domain, or whether it is verified: its id.</summary>
    Certificate,
}

/// <param name="Number">One more than that of the change before; several notices of one change share it.</param>
/// <param name="Node">Whose connection made it.</param>
readonly record struct Change(long Number, string Node, ChangeKind Kind, string Name)
{
    /// <summary>Null for what this program does not know: another version's.</summary>
    public static Change? Parse(string notice) =>
        notice.Split(' ', 4) is [var number, var node, var kind, var name]
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed)
            && Enum.TryParse<ChangeKind>(kind, ignoreCase: true, out var known)
                ? new(parsed, node, known, name)
                : null;
}

using Islet.ControlPlane;

namespace Islet.Api.Wire;

/// <summary>
/// Where a value is in the body, as a chain: a text is made of it only when something is wrong there, so that a deep tree
/// of a hundred thousand names costs no text each.
/// </summary>
sealed class WirePath
{
    public static readonly WirePath Body = new(parent: null, "", index: 0, Step.Member);

    readonly WirePath? parent;
    readonly string name;
    readonly int index;
    readonly Step step;

    WirePath(WirePath? parent, string name, int index, Step step) => (this.parent, this.name, this.index, this.step) = (parent, name, index, step);

    enum Step
    {
        Member,
        Entry,
        Item,
    }

    public bool IsBody => parent is null;

    public WirePath Member(string name) => new(this, name, index: 0, Step.Member);

    /// <summary>A member whose name the client chose.</summary>
    public WirePath Entry(string name) => new(this, name, index: 0, Step.Entry);

    public WirePath Item(int index) => new(this, "", index, Step.Item);

    /// <summary>As <see cref="FieldPath"/> writes it; empty for the body itself.</summary>
    public override string ToString()
    {
        if (parent is null)
            return "";
        var above = parent.ToString();
        return step switch
        {
            Step.Member => FieldPath.Member(above, name),
            Step.Entry => FieldPath.Entry(above, name),
            Step.Item => FieldPath.Item(above, index),
        };
    }
}

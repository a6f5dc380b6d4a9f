namespace Islet.Server.SelfTest;

/// <param name="Only">Patterns of <c>group/name</c>; empty: all.</param>
/// <param name="Without">Walls the server leaves out.</param>
/// <param name="Lacks">What this build does not have: attacks that need it are not judged.</param>
/// <param name="Unmeasured">Other work of the machine would be measured, too.</param>
/// <param name="NoJail">No jail at all: shows that attacks can succeed.</param>
sealed record SelfTestOptions(IReadOnlyList<string> Only, IReadOnlyList<string> Without, IReadOnlyList<string> Lacks, bool NoJail, bool Unmeasured, bool Json)
{
    /// <summary>The victim's p99 is judged: with all walls, as they ship.</summary>
    public bool Measures => !Unmeasured && !NoJail && Without.Count == 0;
}

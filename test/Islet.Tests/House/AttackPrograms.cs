using Islet.Server.SelfTest;

namespace Islet.Tests.House;

/// <summary>The programs of <c>islet selftest --attack</c> are what their README says.</summary>
public sealed class AttackPrograms
{
    static readonly string[] Words = ["answers", "recycled", "build-fails", "again", "twice", "logs", "alone", "database", "long", "needs", "timeout", "harmless"];

    [Fact]
    public void Each_says_what_it_tries_and_how_it_is_judged()
    {
        var attacks = Attack.Find([]);

        attacks.Count(attack => !attack.IsControl).ShouldBeGreaterThan(60);
        foreach (var attack in attacks)
        {
            var name = $"{attack.Group}/{attack.Name}";
            attack.Source.ShouldStartWith("// ", customMessage: name);
            attack.Tries.ShouldEndWith(".", customMessage: name);
            attack.Judge.Keys.Except(Words, StringComparer.Ordinal).ShouldBeEmpty(name);
        }
    }

    [Fact]
    public void None_says_beforehand_whether_it_escaped()
    {
        foreach (var attack in Attack.Find([]))
        {
            attack.Source.ShouldNotContain("escaped: false", customMessage: attack.Name);
            attack.Source.ShouldNotContain("escaped: true", customMessage: attack.Name);
            if (attack is { IsControl: false, Answers: [] } && !attack.Judge.ContainsKey("build-fails"))
                attack.Source.ShouldContain("escaped: ", customMessage: attack.Name);
        }
    }
}

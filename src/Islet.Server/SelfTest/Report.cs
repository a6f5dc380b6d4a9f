using System.Globalization;
using System.Text.Json;

namespace Islet.Server.SelfTest;

/// <summary>What the operator reads: a line as each attack ends, the sums at the end.</summary>
sealed class Report(SelfTestOptions options)
{
    /// <summary>What a neighbour should not exceed; told, and no verdict: the machine's other work is in it.</summary>
    const double MostRatio = 1.5;

    readonly Lock guard = new();
    readonly List<AttackResult> results = [];
    readonly List<string> problems = [];

    /// <summary><see cref="Victim.RatioOfAll"/>.</summary>
    public double VictimRatio { get; set; } = double.NaN;

    public void Tell(string line)
    {
        if (!options.Json)
            lock (guard)
                Console.WriteLine(line);
    }

    public void Add(AttackResult result)
    {
        lock (guard)
        {
            results.Add(result);
            var (group, name) = (result.Attack.Group, result.Attack.Name);
            Console.WriteLine(options.Json
                ? JsonSerializer.Serialize(new { attack = name, group, verdict = Word(result.Verdict), detail = result.Detail, victimP99Ratio = double.IsNaN(result.VictimRatio) ? (double?)null : Math.Round(result.VictimRatio, 2) })
                : string.Create(CultureInfo.InvariantCulture, $"{Word(result.Verdict),-10} {group,-9} {name,-26} {(double.IsNaN(result.VictimRatio) ? "-" : result.VictimRatio.ToString("0.0", CultureInfo.InvariantCulture) + "x"),6}  {(result.Detail.Length > 110 ? result.Detail[..110] : result.Detail)}"));
        }
    }

    /// <summary>Something around the attacks that is wrong.</summary>
    public void Problem(string what)
    {
        lock (guard)
            problems.Add(what);
        if (!options.Json)
            Console.WriteLine("FAILED     " + what);
    }

    /// <summary>All controls that need it were tried, and none worked.</summary>
    public bool NoControlWorks(string need)
    {
        lock (guard)
            return results.Where(result => result.Attack.IsControl && result.Attack.Needs.Contains(need)).ToList() is { Count: > 0 } some
                && some.TrueForAll(result => result.Verdict == Verdict.Failed);
    }

    /// <returns>The exit code.</returns>
    public int End()
    {
        var attacks = results.Where(result => !result.Attack.IsControl).ToList();
        int Of(Verdict verdict) => attacks.Count(result => result.Verdict == verdict);
        var controls = results.Where(result => result.Attack.IsControl).ToList();
        var broken = controls.Count(result => result.Verdict is Verdict.Failed or Verdict.Escaped);
        var untried = controls.Count(result => result.Verdict == Verdict.NotJudged);
        var unjudged = Of(Verdict.NotJudged);
        var measured = attacks.Where(result => result.Attack.IsAlone && !double.IsNaN(result.VictimRatio)).ToList();
        var slow = measured.Where(result => result.VictimRatio > MostRatio).OrderByDescending(result => result.VictimRatio).ToList();
        if (options.Json)
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                attacks = attacks.Count, escaped = Of(Verdict.Escaped), failed = Of(Verdict.Failed), notJudged = unjudged,
                controls = controls.Count, controlsBroken = broken, controlsNotJudged = untried, problems,
                victimP99Ratio = new { ofAll = double.IsNaN(VictimRatio) ? (double?)null : Math.Round(VictimRatio, 2), most = MostRatio, above = slow.Count, of = measured.Count },
            }));
        else
            Console.WriteLine(
                $"""

                {controls.Count} controls, {broken} did not work{(untried > 0 ? $", {untried} not judged" : "")}
                {attacks.Count} attacks, {Of(Verdict.Escaped)} escaped, {Of(Verdict.Failed)} failed{(unjudged > 0 ? $", {unjudged} not judged" : "")}
                """);
        if (!options.Json && measured.Count > 0)
            Console.WriteLine(
                $"""
                The victim's p99 beside loud attacks: {VictimRatio.ToString("0.0", CultureInfo.InvariantCulture)} times that alone over all of them; {measured.Count - slow.Count} of {measured.Count} at most {MostRatio.ToString(CultureInfo.InvariantCulture)} times{(slow.Count > 0 ? ", not beside " + string.Join(", ", slow.Take(5).Select(result => string.Create(CultureInfo.InvariantCulture, $"{result.Attack.Name} ({result.VictimRatio:0.0})"))) : "")}
                """);
        return Of(Verdict.Escaped) + Of(Verdict.Failed) + broken + problems.Count == 0 ? 0 : 1;
    }

    static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Held => "held",
        Verdict.Escaped => "ESCAPED",
        Verdict.Failed => "FAILED",
        Verdict.NotJudged => "not judged",
    };
}

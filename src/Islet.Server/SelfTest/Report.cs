using System.Globalization;
using System.Text.Json;

namespace Islet.Server.SelfTest;

/// <summary>What the operator reads: a line as each attack ends, the sums at the end.</summary>
sealed class Report(SelfTestOptions options)
{
    readonly Lock guard = new();
    readonly List<AttackResult> results = [];
    readonly List<BesideResult> measured = [];
    readonly List<string> problems = [];

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
                ? JsonSerializer.Serialize(new { attack = name, group, verdict = Word(result.Verdict), detail = result.Detail })
                : $"{Word(result.Verdict),-10} {group,-9} {name,-26} {(result.Detail.Length > 110 ? result.Detail[..110] : result.Detail)}");
        }
    }

    public void Add(BesideResult result)
    {
        lock (guard)
            measured.Add(result);
        var (name, isLate) = ($"{result.Attack.Group}/{result.Attack.Name}", IsLate(result));
        Console.WriteLine(options.Json
            ? JsonSerializer.Serialize(new { beside = name, late = isLate, aloneP99 = Number(result.Alone), besideP99 = Number(result.Beside), ratio = Number(result.Ratio) })
            : string.Create(CultureInfo.InvariantCulture, $"{(isLate ? "LATE" : "in time"),-10} {name,-36} {result.Alone,6:0.0} {result.Beside,6:0.0} ms  {result.Ratio,5:0.00}x"));
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
        var late = measured.Count(IsLate);
        if (options.Json)
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                attacks = attacks.Count, escaped = Of(Verdict.Escaped), failed = Of(Verdict.Failed), notJudged = unjudged,
                controls = controls.Count, controlsBroken = broken, controlsNotJudged = untried, problems,
                measured = measured.Count, late,
            }));
        else
            Console.WriteLine(
                $"""

                {controls.Count} controls, {broken} did not work{(untried > 0 ? $", {untried} not judged" : "")}
                {attacks.Count} attacks, {Of(Verdict.Escaped)} escaped, {Of(Verdict.Failed)} failed{(unjudged > 0 ? $", {unjudged} not judged" : "")}
                """);
        if (!options.Json && measured.Count > 0)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{measured.Count} measured, beside {late} the victim's p99 was more than {MeasureVictim.Most} times that alone"));
        return Of(Verdict.Escaped) + Of(Verdict.Failed) + broken + late + problems.Count == 0 ? 0 : 1;
    }

    static bool IsLate(BesideResult result) => !(result.Ratio <= MeasureVictim.Most);

    static double? Number(double value) => double.IsFinite(value) ? Math.Round(value, 2) : null;

    static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Held => "held",
        Verdict.Escaped => "ESCAPED",
        Verdict.Failed => "FAILED",
        Verdict.NotJudged => "not judged",
    };
}

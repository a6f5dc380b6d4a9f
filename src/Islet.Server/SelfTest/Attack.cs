using System.IO.Enumeration;

namespace Islet.Server.SelfTest;

/// <summary>
/// One hostile program: <c>test/attacks/GROUP/NAME.ts</c>. Its first line says what it tries; lines that begin with
/// <c>// @</c> say how it is judged (test/attacks/README.md).
/// </summary>
/// <param name="Judge">Word after the <c>@</c> to the rest of the line.</param>
sealed record Attack(string Group, string Name, string Tries, string Source, IReadOnlyDictionary<string, string> Judge)
{
    /// <summary>It asks what has to work, such as the way to a public host: nothing is to be refused here.</summary>
    public bool IsControl => Group == "controls";

    /// <summary>It takes so much that what is measured beside it has to be its own.</summary>
    public bool IsAlone => Judge.ContainsKey("alone");

    /// <summary>It takes a limit's whole time: all of these run at once.</summary>
    public bool IsLong => Judge.ContainsKey("long");

    /// <summary>Without any wall it takes nothing that others need: it may run without a jail.</summary>
    public bool IsHarmless => Judge.ContainsKey("harmless");

    /// <summary>It is deployed with a KV database of its own.</summary>
    public bool HasDatabase => Judge.ContainsKey("database");

    /// <summary>Its isolate has to end, and another one has to answer <c>/boot</c>.</summary>
    public bool Recycles => Judge.ContainsKey("recycled");

    public TimeSpan Limit => TimeSpan.FromSeconds(Judge.TryGetValue("timeout", out var seconds) ? int.Parse(seconds) : 25);

    /// <summary>Codes of error pages that are a good end; empty: the program itself has to answer.</summary>
    public string[] Answers => Words("answers");

    /// <summary>What a build without it cannot be judged by.</summary>
    public string[] Needs => Words("needs");

    string[] Words(string name) => Judge.TryGetValue(name, out var words) ? words.Split(' ', StringSplitOptions.RemoveEmptyEntries) : [];

    /// <summary>Programs beside the executable, else those of the source tree around it, whose <c>group/name</c> matches one of the patterns; none: all.</summary>
    public static List<Attack> Find(IReadOnlyList<string> only) =>
    [
        .. from file in Directory.EnumerateFiles(Place(), "*.ts", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        let attack = Read(file)
        where only.Count == 0 || attack.IsControl || only.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, $"{attack.Group}/{attack.Name}"))
        select attack,
    ];

    static string Place()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
            foreach (var place in (string[])["attacks", "test/attacks"])
                if (Directory.Exists(Path.Combine(directory.FullName, place, "sandbox")))
                    return Path.Combine(directory.FullName, place);
        throw new CannotRunException("The attack programs are neither beside the executable nor in a source tree around it");
    }

    static Attack Read(string file)
    {
        var source = File.ReadAllText(file);
        var judge = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in source.Split('\n').Where(line => line.StartsWith("// @", StringComparison.Ordinal)))
        {
            var words = line[4..].Split(' ', 2);
            judge[words[0]] = words.Length > 1 ? words[1].Trim() : "";
        }
        return new(Path.GetFileName(Path.GetDirectoryName(file)!), Path.GetFileNameWithoutExtension(file), source.Split('\n')[0].TrimStart('/', ' '), source, judge);
    }
}

/// <summary>Nothing was tried: this machine or this build cannot run it. The message says why.</summary>
sealed class CannotRunException(string message, Exception? inner = null) : Exception(message, inner);

using System.Text.RegularExpressions;

namespace Islet.Tests.House;

/// <summary>
/// A committed file says nothing about the place where it was written, nor from which host packages came: whoever builds
/// this has their own. The forbidden words are put together here so that this file passes its own test.
/// </summary>
public sealed class SpeaksOnlyOfItself
{
    const int MaxBytes = 2 * 1024 * 1024;

    static readonly string[] TextEndings =
    [
        ".cs", ".csproj", ".props", ".targets", ".slnx", ".json", ".md", ".sh", ".ts", ".tsx", ".js", ".mjs", ".yml", ".yaml",
        ".txt", ".config", ".editorconfig", ".gitignore", ".html", ".css", ".proto", ".toml", ".service", "Dockerfile",
    ];

    static readonly Regex Forbidden = new(
        string.Join('|',
        [
            // hosts of package registries
            "api" + @"\.nuget\.org", "registry" + @"\.npmjs\.", "registry" + @"\.yarnpkg", "deb" + @"\.debian\.org", "proxy" + @"\.golang\.org", "pypi" + @"\.org",
            // directories of a workplace
            @"(?<![\w.])/" + @"work/(wt|main|shared|\.)", "/" + "farm/", "/" + "shared/(design|reference|hooks)", "/opt/" + "deno-exp",
            // the way it was written
            "COMMON" + @"\.md", "threats" + @"\.md", "runtime-" + @"findings\.md", "work" + "tree ?/work",
        ]),
        RegexOptions.Compiled | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(10));

    [Fact]
    public void No_file_names_a_registry_host_or_a_workplace()
    {
        var found =
            from file in Repository.Files()
            where TextEndings.Any(ending => file.EndsWith(ending, StringComparison.Ordinal)) && Size(file) <= MaxBytes
            from match in Forbidden.Matches(Repository.Read(file))
            select $"{file}: {match.Value}";
        found.ShouldBeEmpty();
    }

    [Fact]
    public void The_words_are_recognised()
    {
        Forbidden.IsMatch("https://api." + "nuget.org/v3").ShouldBeTrue();
        Forbidden.IsMatch("see /" + "work/" + "shared/x").ShouldBeTrue();
        Forbidden.IsMatch("network/work/x and a /workspace").ShouldBeFalse();
    }

    static long Size(string file) => new FileInfo(Path.Combine(Repository.Root, file)).Length;
}

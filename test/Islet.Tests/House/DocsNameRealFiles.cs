using System.Text.RegularExpressions;

namespace Islet.Tests.House;

/// <summary>Prose about files rots unless somebody reads it. This reads it.</summary>
public sealed partial class DocsNameRealFiles
{
    [Fact]
    public void Every_path_in_the_documents_exists()
    {
        var missing =
            from document in Documents()
            from path in PathsIn(Repository.Read(document))
            where !Repository.Has(path)
            select $"{document}: {path}";
        missing.Distinct(StringComparer.Ordinal).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("see `src/Islet.Edge/ServeRequest.cs`.", new[] { "src/Islet.Edge/ServeRequest.cs" })]
    [InlineData("(docs/flows/) and [x](docs/a.md#part), bench/x:", new[] { "docs/flows/", "docs/a.md", "bench/x" })]
    [InlineData("../src/a.cs and https://example.com/docs/b or file:///src/main.ts, /src and /src/x", new string[0])]
    [InlineData("`./run.sh --listen x`, build.sh and docs/decisions/NNNN-title.md, src/*/x.csproj, test/<name>/main.ts", new[] { "run.sh", "build.sh" })]
    public void Paths_are_found_in_prose(string prose, string[] paths) => PathsIn(prose).ShouldBe(paths);

    static IEnumerable<string> Documents() =>
        Repository.Files("docs").Where(path => path.EndsWith(".md", StringComparison.Ordinal))
            .Concat(new[] { "README.md", "CONTRIBUTING.md" }.Where(Repository.Has));

    /// <summary>Tokens that say where something is in this tree; patterns (<c>*</c>, <c>&lt;x&gt;</c>, <c>{x}</c>, <c>NNNN</c>) do not.</summary>
    static IEnumerable<string> PathsIn(string prose) =>
        PathToken().Matches(prose)
            .Select(match => match.Groups["path"].Value.TrimEnd('.', ',', ':', ';'))
            .Select(path => path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path)
            .Where(path => path.IndexOfAny(['*', '<', '{', '…']) < 0 && !path.Contains("NNNN", StringComparison.Ordinal));

    [GeneratedRegex(
        @"(?<![\w/.:@-])(?<path>(\./)?(src|test|docs|eng|bench|samples)/[^\s`'""()\[\]#|>,]*|(\./)?[a-z][a-z0-9-]*\.sh)(?![\w/])",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex PathToken();
}

using System.Text;
using Islet.ControlPlane.Builds;

namespace Islet.Tests.Builds;

public sealed class ModuleGraphTests
{
    [Fact]
    public void Missing_types_and_missing_dynamic_imports_are_the_programs_own_business() =>
        Graph(
            """
            { "kind": "esm", "specifier": "file:///src/main.ts", "dependencies": [
              { "specifier": "./t.ts", "type": { "specifier": "file:///src/t.ts" } },
              { "specifier": "./d.ts", "code": { "specifier": "file:///src/d.ts" }, "isDynamic": true } ] }
            """,
            """{ "specifier": "file:///src/t.ts", "error": "Module not found" }""",
            """{ "specifier": "file:///src/d.ts", "error": "Module not found" }""").CheckStaticImports();

    [Fact]
    public void A_static_import_that_is_missing_two_steps_away_fails_with_its_importer() =>
        Should.Throw<BuildFailure>(Graph(
            """{ "specifier": "file:///src/main.ts", "dependencies": [ { "specifier": "./a.ts", "code": { "specifier": "file:///src/a.ts" } } ] }""",
            """{ "specifier": "file:///src/a.ts", "dependencies": [ { "specifier": "./b.ts", "code": { "specifier": "file:///src/b.ts" } } ] }""",
            """{ "specifier": "file:///src/b.ts", "error": "Module not found \"file:///src/b.ts\"." }""").CheckStaticImports)
            .Message.ShouldBe("Module not found \"file:///src/b.ts\".\n    at file:///src/a.ts");

    [Theory]
    [InlineData("file:///etc/hostname")]
    [InlineData("file:///src2/x.ts")]
    [InlineData("file:///deno/deno.lock")]
    [InlineData("file:///proc/self/environ")]
    public void A_static_import_that_leaves_the_tree_fails(string outside) =>
        Should.Throw<BuildFailure>(Graph(
            $$"""{ "specifier": "file:///src/main.ts", "dependencies": [ { "specifier": "x", "code": { "specifier": "{{outside}}" } } ] }""",
            $$"""{ "kind": "external", "specifier": "{{outside}}" }""").CheckStaticImports)
            .Message.ShouldContain("outside of the deployment");

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{ "roots": 1, "modules": [], "redirects": {} }""")]
    public void What_is_not_a_graph_fails_the_build(string json) =>
        Should.Throw<BuildFailure>(() => ModuleGraph.Parse(Encoding.UTF8.GetBytes(json)));

    static ModuleGraph Graph(params string[] modules) => ModuleGraph.Parse(Encoding.UTF8.GetBytes(
        $$"""{ "version": 1, "roots": ["file:///src/main.ts"], "modules": [{{string.Join(',', modules)}}], "redirects": {}, "npmPackages": {} }"""));
}

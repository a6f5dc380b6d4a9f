using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Islet.Contracts;
using Islet.ControlPlane;
using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Builds;
using Islet.ControlPlane.Deployments;
using Microsoft.Extensions.Options;

namespace Islet.Tests.Builds;

public sealed class BuildSettingsTests : IDisposable
{
    readonly string data = Directory.CreateTempSubdirectory("islet-settings-").FullName;

    public void Dispose() => Directory.Delete(data, recursive: true);

    [Fact]
    public void Without_a_configuration_none_is_searched_for() =>
        Read(new() { ["main.ts"] = "" }).Flags("/deno").ShouldBe(["--no-config"]);

    [Fact]
    public void The_nearest_configuration_above_the_entry_point_is_used() =>
        Read(new() { ["deno.json"] = "{}", ["app/deno.jsonc"] = "{ /* here */ }", ["app/src/main.ts"] = "" }, entry: "app/src/main.ts")
            .Flags("/deno").ShouldBe(["--config=/src/app/deno.jsonc"]);

    [Fact]
    public void A_package_json_alone_is_left_to_be_found() =>
        Read(new() { ["package.json"] = "{}", ["main.ts"] = "" }).Flags("/deno").ShouldBeEmpty();

    [Fact]
    public void Compiler_options_of_the_request_replace_those_found_and_keep_the_imports()
    {
        var settings = Read(
            new() { ["app/deno.jsonc"] = """{ "compilerOptions": { "jsx": "react" }, "imports": { "lib": "./lib.ts", "hono": "npm:hono@4", }, }""", ["app/main.ts"] = "" },
            entry: "app/main.ts", compilerOptions: """{ "jsx": "precompile" }""");

        settings.Flags("/deno").ShouldBe(["--config=/deno/config.json"]);
        var made = JsonNode.Parse(settings.ConfigFile)!;
        made["compilerOptions"]!["jsx"]!.GetValue<string>().ShouldBe("precompile");
        made["imports"]!["lib"]!.GetValue<string>().ShouldBe("file:///src/app/lib.ts");
        made["imports"]!["hono"]!.GetValue<string>().ShouldBe("npm:hono@4");
    }

    [Fact]
    public void Empty_compiler_options_mean_defaults_while_imports_and_lock_are_still_found()
    {
        var settings = Read(
            new() { ["deno.jsonc"] = """{ "imports": { "x/": "./x/" }, "lock": "my.lock", "compilerOptions": { "jsx": "react" } }""", ["my.lock"] = "{}", ["main.ts"] = "" },
            compilerOptions: "{}");

        JsonNode.Parse(settings.ConfigFile)!["compilerOptions"]!.AsObject().Count.ShouldBe(0);
        JsonNode.Parse(settings.ConfigFile)!["imports"]!["x/"]!.GetValue<string>().ShouldBe("file:///src/x/");
        settings.UserLock.ShouldBe("{}"u8.ToArray());
    }

    [Fact]
    public void An_empty_import_map_means_none_and_a_named_one_wins()
    {
        var tree = new Dictionary<string, string> { ["deno.json"] = """{ "imports": { "a": "./a.ts" } }""", ["map.json"] = "{}", ["main.ts"] = "" };

        JsonNode.Parse(Read(tree, importMap: "").ConfigFile)!.AsObject().ContainsKey("imports").ShouldBeFalse();
        Read(tree, importMap: "file:///src/map.json").Flags("/deno")
            .ShouldBe(["--import-map=file:///src/map.json", "--config=/src/deno.json"]);
    }

    [Fact]
    public void A_lock_is_found_beside_the_configuration_named_or_refused()
    {
        var tree = new Dictionary<string, string> { ["deno.json"] = "{}", ["deno.lock"] = "{\"a\":1}", ["other.lock"] = "{\"b\":2}", ["main.ts"] = "" };

        Read(tree).UserLock.ShouldBe("{\"a\":1}"u8.ToArray());
        Read(tree, lockFile: "file:///src/other.lock").UserLock.ShouldBe("{\"b\":2}"u8.ToArray());
        Read(tree, lockFile: "").UserLock.ShouldBeNull();
        tree["deno.json"] = """{ "lock": false }""";
        Read(tree).UserLock.ShouldBeNull();
    }

    [Theory]
    [InlineData("{ \"imports\": ", "not valid JSON")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("{ \"lock\": \"../../etc/passwd\" }", "outside of the deployment")]
    [InlineData("{ \"lock\": \"gone.lock\" }", "missing")]
    public void A_configuration_that_cannot_be_used_fails_the_build(string config, string why) =>
        Should.Throw<BuildFailure>(() => Read(new() { ["deno.json"] = config, ["main.ts"] = "" })).Message.ShouldContain(why);

    BuildSettings Read(
        Dictionary<string, string> files, string entry = "main.ts", string? importMap = null, string? lockFile = null, string? compilerOptions = null)
    {
        var entries = files.ToDictionary(file => file.Key, file => Store(file.Value));
        var manifest = new AssetManifest(entries);
        var plan = new DeploymentPlan(
            new("abcdefghjkmn"), new(Guid.NewGuid()), new(Guid.NewGuid()), "project", manifest, "file:///src/" + entry,
            importMap, lockFile, compilerOptions, null, new Dictionary<string, string>(), null, []);
        return BuildSettings.Read(plan, new(Path.Combine(data, "src"), manifest, Assets));
    }

    AssetStore Assets => new(Options.Create(new ControlPlaneOptions { DataDirectory = data }), new(Options.Create(new ControlPlaneOptions { DataDirectory = data })));

    AssetEntry Store(string content)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Directory.CreateDirectory(Path.GetDirectoryName(Assets.PathOf(sha256))!);
        File.WriteAllBytes(Assets.PathOf(sha256), bytes);
        return new(sha256, bytes.Length, null);
    }
}

using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Deployments;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

public sealed class AssetUploadTests(ApiHost server) : IClassFixture<ApiHost>
{
    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("quote \" slash \\ / newline \n tab \t nul \0 bell \u0007")]
    [InlineData("caf\u00e9 \u4e2d \U0001F600 \uFEFF")]
    public async Task Text_arrives_byte_for_byte_escaped_or_not(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var relaxed = new System.Text.Json.JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

        foreach (var json in (string[])[System.Text.Json.JsonSerializer.Serialize(text), System.Text.Json.JsonSerializer.Serialize(text, relaxed)])
            (await StoredAsync($$"""{"kind":"file","content":{{json}}}""")).ShouldBe(bytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(49_151)]
    [InlineData(49_152)]
    [InlineData(49_153)]
    [InlineData(1_500_000)]
    public async Task Base64_arrives_byte_for_byte_escaped_or_not(int size)
    {
        var bytes = RandomNumberGenerator.GetBytes(size);
        var text = Convert.ToBase64String(bytes);
        foreach (var json in (string[])[text, text.Replace("/", "\\/", StringComparison.Ordinal).Replace("+", "\\u002b", StringComparison.Ordinal)])
            (await StoredAsync($$"""{"kind":"file","encoding":"base64","content":"{{json}}"}""")).ShouldBe(bytes);
    }

    [Fact]
    public async Task Without_a_kind_the_members_tell()
    {
        (await StoredAsync("""{"content":"x"}""")).ShouldBe("x"u8.ToArray());
        (await StoredAsync("""{"content":"y","encoding":null,"gitSha1":null,"kind":null}""")).ShouldBe("y"u8.ToArray());
    }

    [Fact]
    public async Task Same_content_is_stored_once_and_named_by_its_hash_later()
    {
        var project = await server.NewProjectAsync();
        var text = Guid.NewGuid().ToString();
        await server.DeployAsync(project, ApiHost.Program(text));
        var before = await server.CountAsync();
        var program = ApiHost.Program();
        program["assets"] = new JsonObject
        {
            ["main.ts"] = new JsonObject { ["kind"] = "file", ["gitSha1"] = GitSha1.Of(text).ToUpperInvariant() },
            ["copy.ts"] = new JsonObject { ["kind"] = "file", ["content"] = text, ["gitSha1"] = GitSha1.Of(text) },
        };

        await server.DeployAsync(project, program);

        var after = await server.CountAsync();
        after.ShouldBe((before.Deployments + 1, before.Assets, before.Manifests + 1, before.Files));
        (await server.DeployAsync(project, program)).ShouldNotBeNull();
        (await server.CountAsync()).Manifests.ShouldBe(after.Manifests);
    }

    [Fact]
    public async Task Same_content_uploaded_at_once_is_stored_once()
    {
        var project = await server.NewProjectAsync();
        var before = await server.CountAsync();
        var text = Guid.NewGuid().ToString();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => server.DeployAsync(project, ApiHost.Program(text))));

        var after = await server.CountAsync();
        after.ShouldBe((before.Deployments + 8, before.Assets + 1, before.Manifests + 1, before.Files + 1));
    }

    [Fact]
    public async Task Large_body_goes_through_a_file_that_leaves_nothing_behind()
    {
        var bytes = RandomNumberGenerator.GetBytes(20_000_000);

        var stored = await StoredAsync($$"""{"kind":"file","encoding":"base64","content":"{{Convert.ToBase64String(bytes)}}"}""");

        stored.AsSpan().SequenceEqual(bytes).ShouldBeTrue();
        Directory.EnumerateFiles(Path.Combine(server.DataDirectory, "uploads")).ShouldBeEmpty();
        Directory.EnumerateFiles(Path.Combine(server.DataDirectory, "blobs", "unfinished")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Many_assets_are_taken_and_one_more_than_the_limit_refused()
    {
        var project = await server.NewProjectAsync();
        var body = new StringBuilder("""{"entryPointUrl":"main.ts","envVars":{},"assets":{"main.ts":{"kind":"file","content":"x"}""");
        for (var index = 1; index < AssetLimits.Files; index++)
            body.Append($$""","dir{{index % 100}}/file{{index}}.txt":{"kind":"file","content":"{{index % 1000}}"}""");

        await ApiHost.OkAsync(server.Http.PostAsync($"projects/{project["id"]}/deployments", ApiHost.Raw(body + "}}")));
        body.Append(""","one-more":{"kind":"file","content":"x"}""");
        var (_, message) = await ApiHost.RefusedAsync(
            400, server.Http.PostAsync($"projects/{project["id"]}/deployments", ApiHost.Raw(body + "}}")));

        message.ShouldStartWith("assets must not have more");
    }

    [Fact]
    public async Task Links_are_stored_relative_to_their_own_directory()
    {
        var plan = await PlanAsync("""
            {"entryPointUrl":"./entry.ts","envVars":{},"assets":{
              "a/b/main.ts":{"kind":"file","content":"x"},
              "entry.ts":{"kind":"symlink","target":"a/b/main.ts"},
              "a/from-root":{"kind":"symlink","target":"a/b/main.ts"},
              "a/from-here":{"kind":"symlink","target":"./b/main.ts"},
              "c/d/up":{"kind":"symlink","target":"../../a/b"},
              "c/chain":{"kind":"symlink","target":"a/from-root"}}}
            """);

        plan.EntryPoint.ShouldBe("file:///src/entry.ts");
        plan.Manifest.Entries["entry.ts"].LinkTarget.ShouldBe("a/b/main.ts");
        plan.Manifest.Entries["a/from-root"].LinkTarget.ShouldBe("b/main.ts");
        plan.Manifest.Entries["a/from-here"].LinkTarget.ShouldBe("b/main.ts");
        plan.Manifest.Entries["c/d/up"].LinkTarget.ShouldBe("../../a/b");
        plan.Manifest.Entries["c/chain"].LinkTarget.ShouldBe("../a/from-root");
    }

    [Theory]
    [InlineData("main.ts", "main.ts", "file:///src/main.ts")]
    [InlineData("main.ts", "./main.ts", "file:///src/main.ts")]
    [InlineData("main.ts", "file:///src/main.ts", "file:///src/main.ts")]
    [InlineData("src/main.ts", "src/main.ts", "file:///src/src/main.ts")]
    [InlineData("a b.ts", "a b.ts", "file:///src/a%20b.ts")]
    [InlineData("a b.ts", "file:///src/a%20b.ts", "file:///src/a%20b.ts")]
    [InlineData("a?b#c%20.ts", "a?b#c%20.ts", "file:///src/a%3Fb%23c%2520.ts")]
    [InlineData("\u00e9.ts", "\u00e9.ts", "file:///src/%C3%A9.ts")]
    [InlineData("@x/m.ts", "@x/m.ts", "file:///src/@x/m.ts")]
    [InlineData("main.ts", "https://example.com/x.ts", "https://example.com/x.ts")]
    [InlineData("main.ts", "jsr:@std/http/file-server", "jsr:@std/http/file-server")]
    [InlineData("main.ts", "npm:express@4", "npm:express@4")]
    public async Task Entry_point_becomes_what_deno_is_told(string asset, string given, string expected)
    {
        var program = new JsonObject
        {
            ["entryPointUrl"] = given,
            ["envVars"] = new JsonObject(),
            ["assets"] = new JsonObject { [asset] = new JsonObject { ["kind"] = "file", ["content"] = "x" } },
        };

        (await PlanAsync(program.ToJsonString())).EntryPoint.ShouldBe(expected);
    }

    [Fact]
    public async Task Plan_has_all_settings_and_is_given_to_one_builder_only()
    {
        var plan = await PlanAsync("""
            {"entryPointUrl":"main.ts","envVars":{"A":"1"},"assets":{"main.ts":{"kind":"file","content":"x"},"map.json":{"kind":"file","content":"{}"}},
             "importMapUrl":"map.json","lockFileUrl":"","compilerOptions":{"jsx":"react-jsx","unknown":1,"experimentalDecorators":true},
             "permissions":{"net":[]},"unknown":{"a":[1,{"b":null}]},"domains":["{project.name}.deno.dev"],"enableCron":false}
            """);

        plan.ImportMap.ShouldBe("file:///src/map.json");
        plan.LockFile.ShouldBe("");
        plan.CompilerOptions.ShouldBe("""{"jsx":"react-jsx","experimentalDecorators":true}""");
        plan.Environment.ShouldBe(new Dictionary<string, string> { ["A"] = "1" });
        plan.Net.ShouldNotBeNull().ShouldBeEmpty();
        plan.Hosts.ShouldBe([$"{plan.ProjectName}.localhost"]);
        plan.ArtifactId.ShouldBeNull();
        await using var scope = server.Services.CreateAsyncScope();
        var claim = scope.ServiceProvider.GetRequiredService<ClaimDeployment>();
        (await claim.NextAsync("second", 1, default)).ShouldBeNull();
        (await claim.ReleaseAsync("first", default)).ShouldBeGreaterThanOrEqualTo(1);
        (await claim.NextAsync("second", 1, default)).ShouldNotBeNull();
    }

    async Task<byte[]> StoredAsync(string asset)
    {
        var plan = await PlanAsync($$"""{"entryPointUrl":"main.ts","envVars":{},"assets":{"main.ts":{"kind":"file","content":""},"file":{{asset}} } }""");
        var entry = plan.Manifest.Entries["file"];
        var bytes = await File.ReadAllBytesAsync(server.Services.GetRequiredService<AssetStore>().PathOf(entry.Sha256!));
        entry.Size.ShouldBe(bytes.Length);
        return bytes;
    }

    /// <summary>What a builder is given for a body; what older tests left pending is taken first.</summary>
    async Task<DeploymentPlan> PlanAsync(string body)
    {
        var project = await server.NewProjectAsync();
        var created = await ApiHost.OkAsync(server.Http.PostAsync($"projects/{project["id"]}/deployments", ApiHost.Raw(body)));
        await using var scope = server.Services.CreateAsyncScope();
        var claim = scope.ServiceProvider.GetRequiredService<ClaimDeployment>();
        while (await claim.NextAsync("first", 100, default) is { } plan)
            if (plan.Id.Value == (string)created["id"]!)
                return plan;
        throw new InvalidOperationException("The deployment was not given out.");
    }
}

using System.Text;
using System.Text.Json.Nodes;

namespace Islet.Tests.Api;

/// <summary>Whatever is wrong with a deployment is refused by the name of the member, and nothing at all is written.</summary>
public sealed class CreateDeploymentRefusalsTests(ApiHost server) : IClassFixture<ApiHost>
{
    /// <summary>Stands for a good file in the table.</summary>
    const string File = "FILE";

    /// <summary>Member to replace in a good body, its new JSON, the field that the message must name.</summary>
    public static TheoryData<string, string, string> BadMembers() => new()
    {
        { "entryPointUrl", "null", "entryPointUrl" },
        { "entryPointUrl", "1", "entryPointUrl" },
        { "entryPointUrl", "\"\"", "entryPointUrl" },
        { "entryPointUrl", "\"other.ts\"", "entryPointUrl" },
        { "entryPointUrl", "\"../main.ts\"", "entryPointUrl" },
        { "entryPointUrl", "\"/main.ts\"", "entryPointUrl" },
        { "entryPointUrl", "\"http://example.com/x.ts\"", "entryPointUrl" },
        { "entryPointUrl", "\"file:///etc/passwd\"", "entryPointUrl" },
        { "entryPointUrl", "\"https:\"", "entryPointUrl" },
        { "assets", "null", "assets" },
        { "assets", "[]", "assets" },
        { "assets", "{}", "entryPointUrl" },
        { "assets", """{"main.ts":null}""", """assets["main.ts"]""" },
        { "assets", """{"main.ts":{}}""", """assets["main.ts"]""" },
        { "assets", """{"main.ts":{"kind":"file"}}""", """assets["main.ts"]""" },
        { "assets", """{"main.ts":{"kind":"dir","content":""}}""", """assets["main.ts"].kind""" },
        { "assets", """{"main.ts":{"kind":1,"content":""}}""", """assets["main.ts"].kind""" },
        { "assets", """{"main.ts":{"kind":"file","content":7}}""", """assets["main.ts"].content""" },
        { "assets", """{"main.ts":{"kind":"file","content":"\ud83d"}}""", """assets["main.ts"].content""" },
        { "assets", """{"main.ts":{"kind":"file","content":"","encoding":"utf-16"}}""", """assets["main.ts"].encoding""" },
        { "assets", """{"main.ts":{"kind":"file","content":"Zg=","encoding":"base64"}}""", """assets["main.ts"].content""" },
        { "assets", """{"main.ts":{"kind":"file","content":"Zg","encoding":"base64"}}""", """assets["main.ts"].content""" },
        { "assets", """{"main.ts":{"kind":"file","content":"Zg==\nZg==","encoding":"base64"}}""", """assets["main.ts"].content""" },
        { "assets", """{"main.ts":{"kind":"file","content":"Z g==","encoding":"base64"}}""", """assets["main.ts"].content""" },
        { "assets", """{"main.ts":{"kind":"file","content":"-_==","encoding":"base64"}}""", """assets["main.ts"].content""" },
        { "assets", """{"main.ts":{"kind":"file","gitSha1":"abc"}}""", """assets["main.ts"].gitSha1""" },
        { "assets", """{"main.ts":{"kind":"file","content":"x","gitSha1":"2b31011cf9de6c82d52dc386cd7d1a9be83188c1"}}""", """assets["main.ts"].gitSha1""" },
        { "assets", """{"main.ts":{"kind":"symlink"}}""", """assets["main.ts"].target""" },
        { "assets", """{"main.ts":{"kind":"file","content":"x"},"main.ts":{"kind":"file","content":"x"}}""", """assets["main.ts"]""" },
        { "assets", """{"main.ts":{"kind":"file","content":"x"},"main\u002ets":{"kind":"file","content":"x"}}""", """assets["main.ts"]""" },
        { "assets", """{"main.ts":FILE,"":FILE}""", "assets[\"\"]" },
        { "assets", """{"main.ts":FILE,"/etc/passwd":FILE}""", """assets["/etc/passwd"]""" },
        { "assets", """{"main.ts":FILE,"../x":FILE}""", """assets["../x"]""" },
        { "assets", """{"main.ts":FILE,"./x":FILE}""", """assets["./x"]""" },
        { "assets", """{"main.ts":FILE,"a/../x":FILE}""", """assets["a/../x"]""" },
        { "assets", """{"main.ts":FILE,"a//x":FILE}""", """assets["a//x"]""" },
        { "assets", """{"main.ts":FILE,"a/":FILE}""", """assets["a/"]""" },
        { "assets", """{"main.ts":FILE,"a\\b":FILE}""", """assets["a\\b"]""" },
        { "assets", """{"main.ts":FILE,"a\u0000":FILE}""", "assets[\"a\\u0000\"]" },
        { "assets", """{"main.ts":FILE,"main.ts/x":FILE}""", """assets["main.ts"]""" },
        { "assets", """{"main.ts":FILE,"l":{"kind":"symlink","target":"main.ts"},"l/x":FILE}""", """assets["l"]""" },
        { "assets", """{"main.ts":FILE,"l":{"kind":"symlink","target":"gone"}}""", """assets["l"].target""" },
        { "assets", """{"main.ts":FILE,"l":{"kind":"symlink","target":"../../etc/passwd"}}""", """assets["l"].target""" },
        { "assets", """{"main.ts":FILE,"l":{"kind":"symlink","target":"/etc/passwd"}}""", """assets["l"].target""" },
        { "assets", """{"main.ts":FILE,"l":{"kind":"symlink","target":"l"}}""", """assets["l"].target""" },
        { "assets", """{"main.ts":FILE,"a":{"kind":"symlink","target":"b"},"b":{"kind":"symlink","target":"a"}}""", ".target" },
        { "assets", """{"main.ts":FILE,"d/l":{"kind":"symlink","target":"d"},"d/x":FILE}""", """assets["d/l"].target""" },
        { "assets", """{"main.ts":FILE,"d/l":{"kind":"symlink","target":""}}""", """assets["d/l"].target""" },
        { "envVars", "null", "envVars" },
        { "envVars", "[]", "envVars" },
        { "envVars", """{"A":1}""", """envVars["A"]""" },
        { "envVars", """{"A":null}""", """envVars["A"]""" },
        { "envVars", """{"":"x"}""", "envVars[\"\"]" },
        { "envVars", """{"A=B":"x"}""", """envVars["A=B"]""" },
        { "envVars", """{"A\u0000":"x"}""", "envVars[\"A\\u0000\"]" },
        { "envVars", """{"A":"x\u0000"}""", """envVars["A"]""" },
        { "envVars", """{"DENO_DIR":"x"}""", "Invalid key: DENO_ is a reserved prefix" },
        { "envVars", """{"LD_PRELOAD":"x"}""", """envVars["LD_PRELOAD"]""" },
        { "envVars", """{"OTEL_X":"x"}""", """envVars["OTEL_X"]""" },
        { "envVars", $$"""{"{{new string('A', 129)}}":"x"}""", "envVars[" },
        { "envVars", $$"""{"A":"{{new string('x', 16_385)}}"}""", """envVars["A"]""" },
        { "importMapUrl", "\"gone.json\"", "importMapUrl" },
        { "importMapUrl", "7", "importMapUrl" },
        { "lockFileUrl", "\"https://example.com/deno.lock\"", "lockFileUrl" },
        { "compilerOptions", "[]", "compilerOptions" },
        { "compilerOptions", """{"jsx":true}""", "compilerOptions.jsx" },
        { "compilerOptions", """{"experimentalDecorators":"yes"}""", "compilerOptions.experimentalDecorators" },
        { "compilerOptions", """{"jsxPrecompileSkipElements":[1]}""", "compilerOptions.jsxPrecompileSkipElements[0]" },
        { "domains", "{}", "domains" },
        { "domains", "[1]", "domains[0]" },
        { "domains", """["example.com"]""", "domains[0]" },
        { "domains", """["{project.name}.deno.dev","foo.deno.dev"]""", "domains[1]" },
        { "domains", """["my-{project.name}.deno.dev"]""", "domains[0]" },
        { "domains", """["{deployment.id}.deno.dev"]""", "domains[0]" },
        { "domains", """["{project.id}.deno.dev"]""", "domains[0]" },
        { "domains", """["api.localhost"]""", "domains[0]" },
        { "domains", """["localhost"]""", "domains[0]" },
        { "databases", """{"other":"182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e"}""", """databases["other"]""" },
        { "databases", """{"default":"x"}""", """databases["default"]""" },
        { "databases", """{"default":"182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e"}""", """databases["default"]""" },
        { "requestTimeout", "0", "requestTimeout" },
        { "requestTimeout", "-1", "requestTimeout" },
        { "requestTimeout", "1.5", "requestTimeout" },
        { "requestTimeout", "2147483648", "requestTimeout" },
        { "requestTimeout", "\"5\"", "requestTimeout" },
        { "permissions", "[]", "permissions" },
        { "permissions", """{"net":"*"}""", "permissions.net" },
        { "permissions", """{"net":[1]}""", "permissions.net[0]" },
        { "permissions", """{"net":["example.com","a b"]}""", "permissions.net[1]" },
        { "permissions", """{"net":["::1"]}""", "permissions.net[0]" },
        { "permissions", """{"net":["[1.2.3.4]"]}""", "permissions.net[0]" },
        { "permissions", """{"net":["2130706433"]}""", "permissions.net[0]" },
        { "permissions", """{"net":["0x7f000001"]}""", "permissions.net[0]" },
        { "permissions", """{"net":["127.1"]}""", "permissions.net[0]" },
        { "permissions", """{"net":["example.com:443"]}""", "permissions.net[0]" },
        { "permissions", """{"net":["10.0.0.0/8"]}""", "permissions.net[0]" },
        { "permissions", """{"net":[""]}""", "permissions.net[0]" },
        { "description", "7", "description" },
        { "description", $"\"{new string('x', 1001)}\"", "description" },
        { "enableCron", "1", "enableCron" },
        { "enableCron", "true", "enableCron" },
    };

    [Theory]
    [MemberData(nameof(BadMembers))]
    public async Task Bad_member_is_named_and_nothing_is_written(string member, string json, string named)
    {
        var body = new StringBuilder("{");
        foreach (var (name, value) in ApiHost.Program())
            if (name != member)
                body.Append($"\"{name}\":{value!.ToJsonString()},");
        await AssertRefusedAsync(body.Append($"\"{member}\":{json.Replace(File, """{"kind":"file","content":"x"}""", StringComparison.Ordinal)}}}").ToString(), named);
    }

    [Theory]
    [InlineData("entryPointUrl")]
    [InlineData("assets")]
    [InlineData("envVars")]
    public async Task Missing_member_is_named(string member)
    {
        var program = ApiHost.Program();
        program.Remove(member);
        await AssertRefusedAsync(program.ToJsonString(), member);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("null", "body")]
    [InlineData("[]", "body")]
    [InlineData("{", "valid JSON")]
    [InlineData("{}x", "valid JSON")]
    [InlineData("""{"entryPointUrl":"a","entryPointUrl":"a"}""", "entryPointUrl")]
    public async Task Bad_body_is_refused(string body, string named) => await AssertRefusedAsync(body, named);

    [Fact]
    public async Task Too_deep_a_body_is_refused() =>
        await AssertRefusedAsync($$"""{"x":{{new string('[', 100_000)}}{{new string(']', 100_000)}}}""", "deeper");

    [Fact]
    public async Task Bytes_that_are_not_utf8_are_refused()
    {
        var project = await server.NewProjectAsync();
        var body = new ByteArrayContent([.. "{\"entryPointUrl\":\""u8, 0xff, .. "\"}"u8]);

        var (code, message) = await ApiHost.RefusedAsync(400, server.Http.PostAsync($"projects/{project["id"]}/deployments", body));

        code.ShouldBe("badRequest");
        message.ShouldContain("UTF-8");
    }

    [Fact]
    public async Task Unknown_hash_is_an_asset_that_was_not_found()
    {
        var project = await server.NewProjectAsync();
        var program = ApiHost.Program();
        program["assets"]!["gone.txt"] = new JsonObject { ["kind"] = "file", ["gitSha1"] = new string('0', 40) };

        var (code, message) = await ApiHost.RefusedAsync(
            400, server.Http.PostAsync($"projects/{project["id"]}/deployments", ApiHost.Json(program)));

        code.ShouldBe("assetNotFound");
        message.ShouldContain("""assets["gone.txt"].gitSha1""");
    }

    [Fact]
    public async Task Hash_of_another_organizations_asset_is_unknown()
    {
        const string Secret = "only the stranger has this";
        var (stranger, organization, _) = await server.StrangerAsync();
        var theirs = await ApiHost.OkAsync(stranger.PostAsync($"organizations/{organization}/projects", ApiHost.Raw("{}")));
        var program = ApiHost.Program(Secret);
        await ApiHost.OkAsync(stranger.PostAsync($"projects/{theirs["id"]}/deployments", ApiHost.Json(program)));
        program["assets"]!["main.ts"] = new JsonObject { ["kind"] = "file", ["gitSha1"] = GitSha1.Of(Secret) };
        await ApiHost.OkAsync(stranger.PostAsync($"projects/{theirs["id"]}/deployments", ApiHost.Json(program)));

        var mine = await server.NewProjectAsync();
        var (code, _) = await ApiHost.RefusedAsync(400, server.Http.PostAsync($"projects/{mine["id"]}/deployments", ApiHost.Json(program)));

        code.ShouldBe("assetNotFound");
    }

    async Task AssertRefusedAsync(string body, string named)
    {
        var project = await server.NewProjectAsync();
        var before = await server.CountAsync();

        var (_, message) = await ApiHost.RefusedAsync(400, server.Http.PostAsync($"projects/{project["id"]}/deployments", ApiHost.Raw(body)));

        message.ShouldContain(named);
        (await server.CountAsync()).ShouldBe(before);
    }
}

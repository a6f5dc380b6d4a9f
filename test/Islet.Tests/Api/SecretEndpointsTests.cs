using System.Text;
using System.Text.Json.Nodes;
using Islet.ControlPlane.Secrets;
using Islet.ControlPlane.Storage;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.Api;

public sealed class SecretEndpointsTests(ApiHost server) : IClassFixture<ApiHost>
{
    const string Value = "sk_live_do-not-show-this-anywhere-0123456789";

    [Fact]
    public async Task A_value_goes_in_and_never_comes_out()
    {
        using var islet = server.Islet();
        var project = await server.NewProjectAsync();
        var answers = new List<string>
        {
            await TextAsync(islet.PutAsync($"projects/{project["id"]}/secrets/API_KEY", Body(Value, "API.Example.com", "b.example.org", "api.example.com"))),
            await TextAsync(islet.GetAsync($"projects/{project["name"]}/secrets")),
            await TextAsync(islet.GetAsync($"projects/{project["id"]}/secrets/API_KEY")),
            await TextAsync(server.Http.GetAsync($"projects/{project["id"]}")),
            await TextAsync(islet.PutAsync($"projects/{project["id"]}/secrets/API_KEY", Body(Value + "\n", "api.example.com"))),
            await TextAsync(islet.PutAsync($"projects/{project["id"]}/secrets/LD_X", Body(Value, "api.example.com"))),
        };

        foreach (var answer in answers)
            answer.ShouldNotContain("do-not-show");
        var shown = JsonNode.Parse(answers[0])!.AsObject();
        shown.Select(member => member.Key).ShouldBe(["name", "hosts", "tls", "updatedAt"]);
        shown["hosts"]!.ToJsonString().ShouldBe("""["api.example.com","b.example.org"]""");
        shown["tls"]!.GetValue<bool>().ShouldBeTrue();
        answers[2].ShouldBe(answers[0]);
        answers[1].ShouldBe($"[{answers[0]}]");
    }

    [Fact]
    public async Task At_rest_it_is_sealed_with_a_key_that_only_the_owner_reads()
    {
        using var islet = server.Islet();
        var project = await server.NewProjectAsync();
        await ApiHost.OkAsync(islet.PutAsync($"projects/{project["id"]}/secrets/API_KEY", Body(Value, "api.example.com")));

        foreach (var file in Directory.EnumerateFiles(server.DataDirectory, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
            Encoding.Latin1.GetString(await ReadAsync(file)).ShouldNotContain("do-not-show", customMessage: file);
        var keys = new DirectoryInfo(Path.Combine(server.DataDirectory, "keys"));
        keys.UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        keys.EnumerateFiles().ShouldHaveSingleItem().UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        // a row that was moved to another host by hand does not open
        await using var scope = server.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        var id = new ProjectId(Guid.Parse((string)project["id"]!));
        var row = await db.Secrets.AsNoTracking().SingleAsync(row => row.ProjectId == id);
        var vault = scope.ServiceProvider.GetRequiredService<SecretVault>();
        vault.Open(row).ShouldBe(Value);
        row.Hosts = ["evil.example.com"];
        Should.Throw<InvalidOperationException>(() => vault.Open(row)).Message.ShouldContain("set it again");

        static async Task<byte[]> ReadAsync(string path)
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new MemoryStream();
            await file.CopyToAsync(bytes);
            return bytes.ToArray();
        }
    }

    [Fact]
    public async Task What_is_replaced_or_deleted_is_gone()
    {
        using var islet = server.Islet();
        var path = $"projects/{(await server.NewProjectAsync())["id"]}/secrets";
        await ApiHost.OkAsync(islet.PutAsync($"{path}/A", Body("one", "a.example.com")));
        await ApiHost.OkAsync(islet.PutAsync($"{path}/B", ApiHost.Raw("""{"value":"two","hosts":["b.example.com"],"tls":false}""")));

        var replaced = await ApiHost.OkAsync(islet.PutAsync($"{path}/A", Body("three", "c.example.com")));
        replaced["hosts"]!.ToJsonString().ShouldBe("""["c.example.com"]""");
        (await TextAsync(islet.DeleteAsync($"{path}/A"))).ShouldBe("null");

        (await ApiHost.OkAsync(islet.GetAsync(path))).AsArray().Select(secret => ((string)secret!["name"]!, (bool)secret["tls"]!)).ShouldBe([("B", false)]);
        (await IsletDialect.RefusedAsync(404, islet.GetAsync($"{path}/A"))).Code.ShouldBe("secretNotFound");
        (await IsletDialect.RefusedAsync(404, islet.DeleteAsync($"{path}/A"))).Code.ShouldBe("secretNotFound");
    }

    [Theory]
    [InlineData("""{"hosts":["a.example.com"]}""", "value")]
    [InlineData("""{"value":null,"hosts":["a.example.com"]}""", "value")]
    [InlineData("""{"value":1,"hosts":["a.example.com"]}""", "value")]
    [InlineData("""{"value":"","hosts":["a.example.com"]}""", "value")]
    [InlineData("""{"value":"a\r\nset-cookie: b","hosts":["a.example.com"]}""", "value")]
    [InlineData("""{"value":"a\u0000","hosts":["a.example.com"]}""", "value")]
    [InlineData("""{"value":"a\u007f","hosts":["a.example.com"]}""", "value")]
    [InlineData("""{"value":"a"}""", "hosts")]
    [InlineData("""{"value":"a€","hosts":["a.example.com"]}""", "value")]
    [InlineData("""{"value":"a\ud800","hosts":["a.example.com"]}""", "value")]
    [InlineData("""{"value":"a","hosts":null}""", "hosts")]
    [InlineData("""{"value":"a","hosts":"a.example.com"}""", "hosts")]
    [InlineData("""{"value":"a","hosts":[]}""", "hosts")]
    [InlineData("""{"value":"a","hosts":["a.example.com",null]}""", "hosts[1]")]
    [InlineData("""{"value":"a","hosts":["*.example.com"]}""", "hosts[0]")]
    [InlineData("""{"value":"a","hosts":["example.com:443"]}""", "hosts[0]")]
    [InlineData("""{"value":"a","hosts":["https://example.com"]}""", "hosts[0]")]
    [InlineData("""{"value":"a","hosts":["example.com."]}""", "hosts[0]")]
    [InlineData("""{"value":"a","hosts":["example"]}""", "hosts[0]")]
    [InlineData("""{"value":"a","hosts":["1.2.3.4"]}""", "hosts[0]")]
    [InlineData("""{"value":"a","hosts":["0x7f.1"]}""", "hosts[0]")]
    [InlineData("""{"value":"a","hosts":["[2606:4700::1]"]}""", "hosts[0]")]
    [InlineData("""{"value":"a","hosts":["kv.islet.internal"]}""", "hosts[0]")]
    [InlineData("""{"value":"a","hosts":["app.localhost"]}""", "hosts[0]")]
    [InlineData("""{"value":"a","hosts":["bücher.example.com"]}""", "hosts[0]")]
    [InlineData("""{"value":"a","hosts":["a.example.com"],"tls":"yes"}""", "tls")]
    [InlineData("""{"value":"a","hosts":["a.example.com"],"ports":[443]}""", "[\"ports\"]")]
    [InlineData("[]", null)]
    public async Task What_cannot_be_is_refused_by_name_and_nothing_is_written(string body, string? field)
    {
        using var islet = server.Islet();
        var path = $"projects/{(await server.NewProjectAsync())["id"]}/secrets";

        (await IsletDialect.RefusedAsync(400, islet.PutAsync($"{path}/A", ApiHost.Raw(body)))).ShouldBe(("badRequest", field));

        (await ApiHost.OkAsync(islet.GetAsync(path))).AsArray().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("DENO_AUTH")]
    [InlineData("LD_PRELOAD")]
    [InlineData("OTEL_X")]
    [InlineData("A=B")]
    [InlineData("A%0A")]
    public async Task A_name_that_no_variable_may_have_is_refused(string name)
    {
        using var islet = server.Islet();
        var path = $"projects/{(await server.NewProjectAsync())["id"]}/secrets";

        (await IsletDialect.RefusedAsync(400, islet.PutAsync($"{path}/{name}", ApiHost.Raw(IsletDialect.Secret)))).Code.ShouldBe("badRequest");

        (await ApiHost.OkAsync(islet.GetAsync(path))).AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Bounds_hold()
    {
        using var islet = server.Islet();
        var path = $"projects/{(await server.NewProjectAsync())["id"]}/secrets";

        (await IsletDialect.RefusedAsync(400, islet.PutAsync($"{path}/A", Body(new string('x', 16_385), "a.example.com")))).Field.ShouldBe("value");
        (await IsletDialect.RefusedAsync(400, islet.PutAsync($"{path}/A", Body(new string('x', 300_000), "a.example.com")))).Code.ShouldBe("badRequest");
        (await IsletDialect.RefusedAsync(400, islet.PutAsync(
            $"{path}/A", Body("x", [.. Enumerable.Range(0, 21).Select(index => $"h{index}.example.com")])))).Field.ShouldBe("hosts");
        await IsletDialect.RefusedAsync(400, islet.PutAsync($"{path}/{new string('A', 129)}", Body("x", "a.example.com")));
        await ApiHost.OkAsync(islet.PutAsync($"{path}/{new string('A', 128)}", Body(new string('x', 16_384), "a.example.com")));
        for (var index = 1; index < 100; index++)
            await ApiHost.OkAsync(islet.PutAsync($"{path}/S{index}", Body("x", "a.example.com")));
        await IsletDialect.RefusedAsync(400, islet.PutAsync($"{path}/S100", Body("x", "a.example.com")));
        await ApiHost.OkAsync(islet.PutAsync($"{path}/S99", Body("y", "a.example.com")));
    }

    static StringContent Body(string value, params string[] hosts) =>
        ApiHost.Json(new JsonObject { ["value"] = value, ["hosts"] = new JsonArray([.. hosts.Select(host => (JsonNode)host)]) });

    static async Task<string> TextAsync(Task<HttpResponseMessage> sending)
    {
        using var response = await sending;
        return await response.Content.ReadAsStringAsync();
    }
}

using System.Diagnostics;
using Islet.Tests.Edge;

namespace Islet.Tests.Kv;

/// <summary>Real Deno, asked for the bytes of values and for what it reads from ours.</summary>
static class DenoValues
{
    /// <summary>One line for each expression: the bytes Deno stores for it.</summary>
    public static async Task<List<byte[]>> SerializeAsync(IEnumerable<string> expressions) =>
        (await RunAsync($$"""
            const core = Deno[Deno.internal].core;
            for (const value of [{{string.Join(",\n", expressions.Select(expression => $"({expression})"))}}])
              console.log(core.serialize(value, { forStorage: true }).toHex());
            """, "")).ConvertAll(Convert.FromHexString);

    /// <summary>The JSON texts whose bytes Deno reads as another value than their JSON.parse.</summary>
    public static async Task<List<string>> DifferentAsync(IEnumerable<(string Json, byte[] Bytes)> values) => await RunAsync(
        """
        import { isDeepStrictEqual } from "node:util";
        const core = Deno[Deno.internal].core;
        for (const line of (await new Response(Deno.stdin.readable).text()).split("\n").filter(Boolean)) {
          const [hex, json] = [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)];
          const value = core.deserialize(Uint8Array.fromHex(hex), { forStorage: true });
          if (!isDeepStrictEqual(value, JSON.parse(json)) || JSON.stringify(value) !== JSON.stringify(JSON.parse(json)))
            console.log(json);
        }
        """,
        string.Concat(values.Select(value => $"{Convert.ToHexString(value.Bytes)} {value.Json}\n")));

    static async Task<List<string>> RunAsync(string program, string input)
    {
        using var directory = new DisposableDirectory();
        var main = Path.Combine(directory.Path, "main.mjs");
        await File.WriteAllTextAsync(main, program);
        var start = new ProcessStartInfo(DenoIsolate.Executable())
        {
            ArgumentList = { "run", "--no-lock", "--no-config", main },
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DENO_DIR"] = directory.Path;
        start.Environment["DENO_NO_UPDATE_CHECK"] = "1";
        using var deno = Process.Start(start)!;
        var output = deno.StandardOutput.ReadToEndAsync();
        var errors = deno.StandardError.ReadToEndAsync();
        await deno.StandardInput.WriteAsync(input);
        deno.StandardInput.Close();
        await deno.WaitForExitAsync();
        deno.ExitCode.ShouldBe(0, await errors);
        return [.. (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    sealed class DisposableDirectory : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("islet-kv-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}

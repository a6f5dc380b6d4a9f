using Islet.Isolates.Linux;
using System.Net.Sockets;
using System.Text.Json;

namespace Islet.Isolates.Starting;

/// <summary>
/// Deno's pre-warm protocol (DENO_UNSTABLE_CONTROL_SOCK, pinned with Deno's version): the host sends one JSON line with
/// working directory, arguments and environment; Deno answers <c>{"Serving":{"kind":…}}</c> when its first server listens.
/// </summary>
internal static class ControlChannel
{
    const int LongestEvent = 64 << 10;

    public static async Task AssignAsync(Socket control, string directory, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellation)
    {
        using var message = new MemoryStream();
        await using (var json = new Utf8JsonWriter(message))
        {
            json.WriteStartObject();
            json.WriteString("cwd", directory);
            json.WriteStartArray("args");
            foreach (var argument in arguments)
                json.WriteStringValue(argument);
            json.WriteEndArray();
            json.WriteStartArray("env");
            foreach (var (name, value) in environment)
            {
                json.WriteStartArray();
                json.WriteStringValue(name);
                json.WriteStringValue(value);
                json.WriteEndArray();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        message.WriteByte((byte)'\n');
        ReadOnlyMemory<byte> rest = message.ToArray();
        while (!rest.IsEmpty)
            rest = rest[await control.SendAsync(rest, SocketFlags.None, cancellation)..];
    }

    /// <summary>True when a server listens; false when the other side closed, or sent what no Deno sends.</summary>
    public static async Task<bool> ServingAsync(Socket control, CancellationToken cancellation)
    {
        var buffer = new byte[LongestEvent];
        var used = 0;
        try
        {
            while (used < buffer.Length && await control.ReceiveOnPoolAsync(buffer.AsMemory(used), cancellation) is var count and > 0)
            {
                used += count;
                while (buffer.AsSpan(0, used).IndexOf((byte)'\n') is var end and >= 0)
                {
                    if (IsServing(buffer.AsMemory(0, end)))
                        return true;
                    buffer.AsSpan((end + 1)..used).CopyTo(buffer);
                    used -= end + 1;
                }
            }
        }
        catch (SocketException)
        {
            // Reset: the same as closed.
        }
        return false;
    }

    /// <summary>Reads and forgets what comes later, so that the other side never waits. Ends with the socket.</summary>
    public static async Task DiscardAsync(Socket control)
    {
        var buffer = new byte[256];
        try
        {
            while (await control.ReceiveOnPoolAsync(buffer) > 0)
                continue;
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // The isolate or its supervisor closed it.
        }
    }

    static bool IsServing(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 8, });
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("Serving", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

using System.Text.Json;
using Islet.Isolates;
using Islet.Server.Settings;

namespace Islet.Server;

/// <summary>What an operator sees when the server is ready.</summary>
static class Banner
{
    public static async Task PrintAsync(IServiceProvider services, ServerSettings settings)
    {
        var credentialsPath = Path.Combine(settings.DataDirectory, "credentials.json");
        var jail = services.GetRequiredService<JailStatus>();
        await using var file = File.OpenRead(credentialsPath);
        using var credentials = await JsonDocument.ParseAsync(file);
        Console.WriteLine(
            $"""

            Islet is ready on http://{settings.Listen}
              API            http://{settings.Listen}/v1
              Organization   {credentials.RootElement.GetProperty("organizationId").GetString()}
              Credentials    {credentialsPath}
              Jail           {jail.Summary}

            """);
        if (jail.Level == JailLevel.None)
            Console.WriteLine(
                """
                WARNING  PROGRAMS RUN WITHOUT A JAIL. Every deployment can do what this user can do.
                WARNING  This is for looking at Islet on one's own machine, never for other people's code.

                """);
    }
}

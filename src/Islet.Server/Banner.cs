using Islet.ControlPlane;
using Islet.Isolates;
using Islet.Server.Settings;

namespace Islet.Server;

/// <summary>What an operator sees when the server is ready. The token of the first start is shown there and never again.</summary>
static class Banner
{
    public static void Print(IServiceProvider services, ServerSettings settings)
    {
        var jail = services.GetRequiredService<JailStatus>();
        var url = $"http://{settings.Listen}";
        Console.WriteLine(
            $"""

            Islet is ready on {url}
              Dashboard      {url}/
              API            {url}/v1
            """);
        if (services.GetRequiredService<ControlPlaneStart>().First is { } first)
            Console.WriteLine(
                $"""
                  Organization   {first.OrganizationId}
                  Token          {first.Token}
                """);
        Console.WriteLine(
            $"""
              Credentials    {Path.Combine(settings.DataDirectory, "credentials.json")}
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

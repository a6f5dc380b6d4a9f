using System.Text.Json;
using Islet.Contracts;
using Islet.ControlPlane.Organizations;
using Islet.Edge.Tls;
using Islet.Isolates;
using Islet.Server.Settings;

namespace Islet.Server;

/// <summary>What an operator sees when the server is ready. The first token is shown once.</summary>
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
        if (settings.TlsListen is { } tls)
            Console.WriteLine($"  TLS            https://{tls}  {Told(services.GetRequiredService<OperatorCertificate>().Current)}");
        PrintToken(settings.DataDirectory);
        Console.WriteLine(
            $"""
              Credentials    {Path.Combine(settings.KnownDataDirectory, "credentials.json")}
              Jail           {jail.Summary}

            """);
        if (jail.Level == JailLevel.None)
            Console.WriteLine(
                """
                WARNING  PROGRAMS RUN WITHOUT A JAIL. Every deployment can do what this user can do.
                WARNING  This is for looking at Islet on one's own machine, never for other people's code.

                """);
        if (settings.WithoutWalls.Length > 0)
            Console.WriteLine(
                $"""
                WARNING  THIS SERVER LEAVES WALLS OUT: {settings.WithoutWalls}.
                WARNING  This is for `islet selftest` only, never for other people's code.

                """);
    }

    static string Told(ServerCertificate? certificate) => certificate is null
        ? "certificates of domains only"
        : $"certificate valid until {certificate.ExpiresAt.UtcDateTime:yyyy-MM-dd}";

    // Not what this start made: an earlier one may have made it and then have failed, on a port that was taken for example.
    static void PrintToken(string directory)
    {
        var shown = Path.Combine(directory, "credentials.shown");
        var file = Path.Combine(directory, "credentials.json");
        if (File.Exists(shown) || !File.Exists(file))
            return;
        var first = JsonSerializer.Deserialize<FirstCredentials>(File.ReadAllBytes(file), JsonSerializerOptions.Web)!;
        Console.WriteLine(
            $"""
              Organization   {first.OrganizationId}
              Token          {first.Token}
            """);
        File.WriteAllBytes(shown, []);
    }
}

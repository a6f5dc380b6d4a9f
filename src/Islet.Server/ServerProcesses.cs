using System.Globalization;
using System.Runtime.InteropServices;
using Islet.Isolates;
using Islet.Isolates.Jailing;
using Islet.Isolates.Linux;
using Islet.Server.Settings;

namespace Islet.Server;

/// <summary>
/// <c>islet serve</c> is two processes where it has rights that a server does not need: the one that was started becomes
/// the jailer and keeps them, the server below it has none (docs/decisions/0006). Elsewhere it is one.
/// </summary>
static class ServerProcesses
{
    static readonly string DatabaseVariable = ServeSettings.All.First(setting => setting.Name == ServeSettings.Database).Variable;

    /// <summary>Descriptor of this server's channel to its jailer; null in the process that was started.</summary>
    public static int? JailerChannel => Number(JailerProcess.ChannelVariable);

    /// <summary>The process that others know and send signals to.</summary>
    public static int KnownProcessId => Number(JailerProcess.ProcessVariable) ?? Environment.ProcessId;

    /// <summary>Descriptors of sockets that the jailer bound for this server; none where it needed no help.</summary>
    public static IEnumerable<int> BoundSockets =>
        (Environment.GetEnvironmentVariable(JailerProcess.BoundVariable) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(number => int.Parse(number, NumberStyles.None, CultureInfo.InvariantCulture));

    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(ServerSettings settings)
    {
        Scheduling.AskForShortTurns();
        if (JailerChannel is not null)
        {
            if (JailerProcess.IsGone(KnownProcessId))
                return 1;
            return await ServeAsync(settings);
        }
        if (settings.SingleProcess)
            return await ServeAsync(settings);
        UserNamespace.EnterIfNeeded();
        DataDirectory.Prepare(settings.DataDirectory);
        using var jailer = await StartJailerAsync(settings);
        if (jailer.HasPrivileges)
            return await RunBelowAsync(jailer, settings);
        return await ServeAsync(settings, jailer); // nothing is gained by two processes with the same rights
    }

    static async Task<int> ServeAsync(ServerSettings settings, JailerProcess? jailer = null)
    {
        var app = await Serve.StartAsync(settings, jailer);
        await using (app)
            await app.WaitForShutdownAsync();
        File.Delete(DataDirectory.ReadyFile(settings.DataDirectory));
        return 0;
    }

    static async Task<JailerProcess> StartJailerAsync(ServerSettings settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.ForRooms).Build();
        var options = configuration.GetSection("Islet:Isolates").Get<IsolatesOptions>() ?? new();
        Serve.ForIsolates(options, settings);
        var loggers = LoggerFactory.Create(logging => Serve.ToConsole(logging));
        return await JailerProcess.StartAsync(options, loggers, CancellationToken.None);
    }

    static async Task<int> RunBelowAsync(JailerProcess jailer, ServerSettings settings)
    {
        var signals = ((PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP]).Select(signal => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            jailer.StopServer();
        })).ToList();
        try
        {
            return await jailer.RunServerAsync(
                seen => [
                    "serve", $"--{ServeSettings.Data}={seen.Data}", $"--{ServeSettings.Deno}={seen.Deno}",
                    .. seen.Shared is { } shared ? (string[])[$"--{ServeSettings.Shared}={shared}"] : [],
                    .. from told in settings.Told
                       where told.From != "default" && told.Name is not (ServeSettings.Data or ServeSettings.Deno or ServeSettings.Shared or ServeSettings.Database)
                       select $"--{told.Name}={told.Value}",
                ],
                // everybody may read a command line
                settings.Database is { } database ? new Dictionary<string, string>(StringComparer.Ordinal) { [DatabaseVariable] = database } : [],
                BoundPort.Bind(settings));
        }
        finally
        {
            signals.ForEach(signal => signal.Dispose());
        }
    }

    static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}

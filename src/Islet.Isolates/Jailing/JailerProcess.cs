using System.Collections;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Islet.Isolates.Jailing.Remote;
using Islet.Isolates.Linux;
using Islet.Isolates.Sandbox;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.Isolates.Jailing;

/// <summary>
/// The process with the privileges: it makes jails and starts the server below itself without any, as another user where
/// it is root. It listens to nobody but that server, and parses nothing that a tenant or a visitor sent. It lives as long
/// as the server; if it dies, the kernel ends the server and every jail.
/// </summary>
public sealed class JailerProcess : IDisposable
{
    /// <summary>Set for the server: number of its end of the channel.</summary>
    public const string ChannelVariable = "ISLET_JAILER";

    /// <summary>Set for the server: process id of the jailer, which is the one that others know.</summary>
    public const string ProcessVariable = "ISLET_JAILER_PROCESS";

    /// <summary>Set for the server: what its data directory is called by others.</summary>
    public const string DataVariable = "ISLET_JAILER_DATA";

    /// <summary>Set to 1 for a process that was started with all capabilities in a user namespace made for it.</summary>
    public const string OwnUserNamespace = "ISLET_OWN_USER_NAMESPACE";

    /// <summary>Set for the server: numbers of sockets, with commas, that are bound to their addresses already, which it had no right to.</summary>
    public const string BoundVariable = "ISLET_JAILER_BOUND";

    const int ChannelInServer = 3;
    const int FirstBoundInServer = 4;

    readonly Jailer jailer;
    readonly IsolatesOptions options;
    readonly ILogger logger;
    ChildProcess? server;

    JailerProcess(Jailer jailer, IsolatesOptions options, ILogger logger) => (this.jailer, this.options, this.logger) = (jailer, options, logger);

    internal Jailer Jailer => jailer;

    /// <summary>Whether a server can be started below: this process has rights that a server need not have.</summary>
    public bool HasPrivileges => jailer.Mounts is not null;

    /// <param name="options">Of the server to come; its user is chosen here.</param>
    /// <exception cref="JailUnavailableException">No fence can be drawn.</exception>
    public static async Task<JailerProcess> StartAsync(IsolatesOptions options, ILoggerFactory loggers, CancellationToken cancellation)
    {
        if (ChooseSandbox.IsRealRoot())
            options.ServerUid = (uint)options.UidBase - 2; // below it are the builders
        var made = new Jailer(Options.Create(options), TimeProvider.System, loggers.CreateLogger<Jailer>());
        try
        {
            await made.StartAsync(cancellation);
            return new JailerProcess(made, options, loggers.CreateLogger<JailerProcess>());
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>Starts the server and answers it until it has ended. Gives its exit code.</summary>
    /// <param name="arguments">Gives the server's words for its directories and for Deno: where it sees them.</param>
    /// <param name="variables">What it is told beside them.</param>
    /// <param name="bound">Bound sockets to hand over, which are closed here.</param>
    public async Task<int> RunServerAsync(
        Func<(string Data, string? Shared, string Deno), IReadOnlyList<string>> arguments, IReadOnlyDictionary<string, string> variables, IReadOnlyList<Socket> bound)
    {
        var (ours, theirs) = DescriptorChannel.Pair();
        using var channel = new DescriptorChannel(ours);
        server = await jailer.Spawner.OnThreadAsync(() => jailer.Spawner.Start(Request(arguments, variables, theirs, bound)));
        _ = Libc.Close(theirs);
        foreach (var socket in bound)
            socket.Dispose();
        using var relays = new RelaysFirst(server.Pid);
        var answering = new Thread(() => new AnswerServer(jailer, jailer.Mounts!, channel, logger).Run()) { IsBackground = true, Name = "islet-jailer" };
        answering.Start();
        var code = await server.Exited;
        answering.Join();
        return code >= 0 ? code : 128 - code;
    }

    /// <summary>For the server: whether the jailer died before the death signal was asked for, and nothing would end this process.</summary>
    /// <param name="jailer">Its process id.</param>
    public static bool IsGone(int jailer) => Libc.GetPPid() != jailer;

    /// <summary>Asks the server to end.</summary>
    public void StopServer() => server?.Signal(Libc.SIGTERM);

    public void Dispose() => jailer.Dispose();

    // On the spawner's thread: in its mount namespace the server's user reaches program and data, wherever they are.
    SpawnRequest Request(
        Func<(string Data, string? Shared, string Deno), IReadOnlyList<string>> arguments, IReadOnlyDictionary<string, string> variables, int channel, IReadOnlyList<Socket> bound)
    {
        var mounts = jailer.Mounts!;
        var program = mounts.BindAs("app", AppContext.BaseDirectory) + "/" + Path.GetFileName(Environment.ProcessPath);
        var data = mounts.BindAs("data", options.DataDirectory);
        var shared = options.SharedDirectory is { } directory ? mounts.BindAs("shared", Share(directory)) : null;
        var environment = new Dictionary<string, string>(variables, StringComparer.Ordinal)
        {
            ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin",
            ["HOME"] = "/",
            ["DOTNET_ROOT"] = mounts.BindAs("dotnet", Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."))),
            ["DOTNET_EnableDiagnostics"] = "0", // no socket in /tmp by which others of its user could look into it
            [ChannelVariable] = ChannelInServer.ToString(CultureInfo.InvariantCulture),
            [DataVariable] = options.DataDirectory,
            [ProcessVariable] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (name, value) in OfTheRuntime())
            environment.TryAdd(name, value);
        environment.TryAdd(FirstGeneration, FirstGenerationBytes);
        if (bound.Count > 0)
            environment[BoundVariable] = string.Join(',', Enumerable.Range(FirstBoundInServer, bound.Count));
        return new SpawnRequest([.. WithoutRights(), program, .. arguments((data, shared, mounts.Deno))], environment, "/", [], null)
        {
            Descriptors = [channel, .. bound.Select(socket => (int)socket.Handle)],
            SharesOutput = true,
        };
    }

    // Collections stop all threads, those that relay included: seldom ones, which what is in flight hardly makes longer.
    const string FirstGeneration = "DOTNET_GCgen0size";
    const string FirstGenerationBytes = "0x4000000"; // 64 MiB; less where the machine has little memory

    // What the operator sets for .NET, such as a limit of its heap, is for the server too.
    static IEnumerable<(string Name, string Value)> OfTheRuntime() =>
        from variable in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        let name = (string)variable.Key
        where name.StartsWith("DOTNET_", StringComparison.Ordinal)
        select (name, (string?)variable.Value ?? "");

    /// <summary>The directory that all nodes share, as the server's own; what is in it was made by servers.</summary>
    string Share(string directory)
    {
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (options.ServerUid is { } uid && Libc.OwnerOf(directory) != uid && Libc.Chown(directory, uid, uid) != 0)
            throw Libc.Error($"chown {directory}");
        return directory;
    }

    string[] WithoutRights()
    {
        var setPriv = JailTools.Find("setpriv") ?? throw new IOException("setpriv (util-linux) is not installed.");
        string[] user = [];
        if (options.ServerUid is { } uid)
        {
            var id = uid.ToString(CultureInfo.InvariantCulture);
            user = ["--reuid", id, "--regid", id, "--clear-groups"];
        }
        return [setPriv, .. user, "--no-new-privs", "--bounding-set", "-all", "--inh-caps", "-all", "--ambient-caps", "-all", "--pdeathsig", "KILL"];
    }
}

using System.Net.Sockets;
using Islet.ControlPlane.Storage;
using Islet.Isolates;
using Islet.Server.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Islet.Server;

/// <summary>Why a start came to nothing, in one line for the operator. What is not foreseen here is a bug and keeps its trace.</summary>
sealed record StartFailure(int ExitCode, string Message)
{
    // EWOULDBLOCK of flock(2): FileShare.None is a lock on Unix.
    const int LockedByAnother = 11;

    public static StartFailure? Of(Exception exception, ServerSettings? settings) => exception switch
    {
        FormatException => new(Server.ExitCode.BadSetting, exception.Message),
        OptionsValidationException invalid => new(Server.ExitCode.BadSetting, string.Join("; ", invalid.Failures)),
        DatabaseUnusableException => new(Server.ExitCode.Unavailable, exception.Message),
        JailUnavailableException => new(Server.ExitCode.NoJail, exception.Message),
        IOException { InnerException: AddressInUseException } => new(
            Server.ExitCode.Unavailable, $"Another program listens on {exception.Message}: stop it, or choose another address by --{OptionOf(exception.Message)}"),
        IOException { InnerException: SocketException problem } => new(
            Server.ExitCode.Unavailable, $"{exception.Message} cannot be listened on: {problem.Message}"),
        IOException { HResult: LockedByAnother } or InvalidOperationException { InnerException: IOException { HResult: LockedByAnother } } => new(
            Server.ExitCode.Unavailable, $"Another server runs on the data directory {settings?.KnownDataDirectory}: stop it, or choose another directory by --data"),
        IOException or UnauthorizedAccessException => new(
            Server.ExitCode.Unavailable, $"The data directory {settings?.KnownDataDirectory} cannot be used: {exception.Message}"),
        OperationCanceledException => new(0, ""), // asked to end before it was ready
        _ => null,
    };

    static string OptionOf(string url) => url.StartsWith("https:", StringComparison.Ordinal) ? ServeSettings.TlsListen : ServeSettings.Listen;

    /// <returns>The exit code.</returns>
    public int Tell()
    {
        if (ExitCode != 0)
            Console.Error.WriteLine("islet: " + Message.ReplaceLineEndings(" "));
        return ExitCode;
    }
}

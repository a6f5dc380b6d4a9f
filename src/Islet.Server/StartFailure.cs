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
        IOException { InnerException: AddressInUseException } or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } => new(
            Server.ExitCode.Unavailable, $"Another program listens on http://{settings?.Listen}: stop it, or choose another address by --listen"),
        SocketException => new(
            Server.ExitCode.Unavailable, $"http://{settings?.Listen} cannot be listened on: {exception.Message}"),
        IOException { HResult: LockedByAnother } or InvalidOperationException { InnerException: IOException { HResult: LockedByAnother } } => new(
            Server.ExitCode.Unavailable, $"Another server runs on the data directory {settings?.KnownDataDirectory}: stop it, or choose another directory by --data"),
        IOException or UnauthorizedAccessException => new(
            Server.ExitCode.Unavailable, $"The data directory {settings?.KnownDataDirectory} cannot be used: {exception.Message}"),
        OperationCanceledException => new(0, ""), // asked to end before it was ready
        _ => null,
    };

    /// <returns>The exit code.</returns>
    public int Tell()
    {
        if (ExitCode != 0)
            Console.Error.WriteLine("islet: " + Message.ReplaceLineEndings(" "));
        return ExitCode;
    }
}

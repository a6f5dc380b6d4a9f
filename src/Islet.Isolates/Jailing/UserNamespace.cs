using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Islet.Isolates.Jailing;

/// <summary>
/// Without root, the rights to make jails and their networks can be had inside of a user namespace of one's own
/// (user_namespaces(7)): the process starts itself anew in one, as the same user, with the same process id.
/// </summary>
public static partial class UserNamespace
{
    static readonly string[] Words = ["--user", "--map-current-user", "--keep-caps", "--"];

    /// <summary>Does not return when it is needed and possible.</summary>
    public static void EnterIfNeeded()
    {
        if (Environment.IsPrivilegedProcess || Environment.GetEnvironmentVariable(JailerProcess.OwnUserNamespace) is not null)
            return;
        const string unshare = "/usr/bin/unshare";
        if (!File.Exists(unshare) || !IsPossible(unshare))
            return;
        Execute(unshare, [unshare, .. Words, Environment.ProcessPath!, .. Environment.GetCommandLineArgs()[1..]]);
    }

    static bool IsPossible(string unshare)
    {
        using var trial = Process.Start(new ProcessStartInfo(unshare, [.. Words, "/bin/true"]) { RedirectStandardError = true, UseShellExecute = false });
        trial!.StandardError.ReadToEnd();
        trial.WaitForExit();
        return trial.ExitCode == 0;
    }

    // execve(2) keeps the process id, by which run.sh and supervisors know this process.
    static unsafe void Execute(string program, string[] words)
    {
        _ = setenv(JailerProcess.OwnUserNamespace, "1", 1); // .NET's environment is a copy
        var arguments = (byte**)NativeMemory.AllocZeroed((nuint)(words.Length + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < words.Length; i++)
            arguments[i] = (byte*)Marshal.StringToCoTaskMemUTF8(words[i]);
        _ = execv(program, arguments);
        throw new IOException($"{program} could not be executed: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int execv(string path, byte** arguments);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}

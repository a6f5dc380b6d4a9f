using System.Net.Sockets;
using System.Security.Cryptography;

namespace Islet.Isolates.Linux;

/// <summary>
/// What is left of jails when this process is killed while one starts: a process gets its death signal (prctl(2)) only if
/// it asked for it before its parent died, and bwrap asks when its namespaces are ready. A small process beside this one
/// waits for the end of a socket, finds who has this server's mark in its environment, and kills it.
/// </summary>
internal sealed class EndOrphans : IDisposable
{
    /// <summary>Name of the mark; the processes around a program have it, not the program.</summary>
    public const string Variable = "JAIL";

    // A line is the word that nothing is left; the end without one is a death. A start in progress shows within the two seconds.
    const string Script = """
        read -r word <&3 && exit
        for look in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
          for file in $(grep -lzFx "JAIL=$1" /proc/[0-9]*/environ 2>/dev/null); do
            process=${file#/proc/}
            kill -9 "${process%/environ}" 2>/dev/null
          done
          sleep 0.1
        done
        """;

    readonly Socket life;

    EndOrphans(Socket life, string mark) => (this.life, Mark) = (life, mark);

    /// <summary>Nothing but random: what is inside can read it.</summary>
    public string Mark { get; }

    /// <summary>On the spawner's thread.</summary>
    public static EndOrphans Start(Spawner spawner)
    {
        Span<int> pair = stackalloc int[2];
        if (Libc.SocketPair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, pair) != 0)
            throw Libc.Error("socketpair");
        var made = new EndOrphans(new Socket(new SafeSocketHandle(pair[0], ownsHandle: true)), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        try
        {
            var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/bin:/bin" };
            var process = spawner.Start(new SpawnRequest(["/bin/sh", "-c", Script, "islet-orphans", made.Mark], environment, "/", [], null) { Descriptors = [pair[1]] });
            process.Output.Dispose();
            process.Error.Dispose();
            return made;
        }
        catch
        {
            made.life.Dispose();
            throw;
        }
        finally
        {
            _ = Libc.Close(pair[1]);
        }
    }

    /// <summary>When all jails have ended.</summary>
    public void Dispose()
    {
        try
        {
            life.Send("none\n"u8);
        }
        catch (SocketException)
        {
            // It was killed: then nobody looks.
        }
        life.Dispose();
    }
}

using System.Net.Sockets;

namespace Islet.Isolates.Jailing;

/// <summary>A process behind walls. <see cref="IAsyncDisposable.DisposeAsync"/> must be called once: it leaves nothing of it.</summary>
internal interface IJailed : IAsyncDisposable
{
    /// <summary>What it writes to stdout and stderr. The reader owns and disposes them.</summary>
    Socket Output { get; }

    Socket Error { get; }

    /// <summary>Never faults.</summary>
    Task<JailEnd> Exited { get; }

    /// <summary>See <see cref="Contracts.IsolateLease.CpuUsageFile"/>.</summary>
    string? CpuUsageFile { get; }

    /// <summary>See <see cref="Contracts.IsolateLease.MemoryStatFile"/>.</summary>
    string? MemoryStatFile { get; }

    /// <summary>What a path, URL or flag that speaks of the inside is called for the process itself.</summary>
    string Inside(string text);

    /// <summary>The other way: what the process says, in words of the inside.</summary>
    string Said(string text);

    /// <summary>A slot only, before tenant code runs: the artifact appears inside, read-only, its small files in DENO_DIR.</summary>
    /// <param name="artifact">Directory below the data directory.</param>
    /// <exception cref="IOException">It is gone, or there is no room.</exception>
    Task PutAsync(string artifact);

    /// <summary>A slot only: gives the program's socket a name that the inside cannot turn into a link. False: it is no socket.</summary>
    Task<bool> PublishAsync();

    /// <summary>A slot only: lowers its memory limit.</summary>
    /// <exception cref="IOException">It uses more already.</exception>
    Task LimitMemoryAsync(long bytes);

    /// <summary>A slot only, before tenant code runs: less room in its <c>/tmp</c>.</summary>
    /// <exception cref="IOException">It is gone.</exception>
    Task LimitTmpAsync(long bytes);

    /// <summary>Asks the program itself to end; the process around it stays until it has.</summary>
    void Terminate();

    /// <summary>Everything inside ends now.</summary>
    void Kill();
}

/// <param name="Code">Exit code or negative signal of the program inside.</param>
/// <param name="OutOfMemory">Something inside was ended for its memory.</param>
internal readonly record struct JailEnd(int Code, bool OutOfMemory);

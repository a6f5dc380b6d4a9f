using System.Runtime.InteropServices;

namespace Islet.Isolates.Linux;

/// <summary>
/// Loads rules by libnftables into the network namespace of the calling thread: as <c>nft -f</c> does, without a process. The
/// library waits by select(2), which aborts the process for a descriptor above 1023: so it runs on a thread with a copy of the
/// descriptors of its own, where the first number is free however many the process has.
/// </summary>
internal static partial class NfTables
{
    const string Library = "libnftables.so.1";
    const int CLONE_FILES = 0x400;

    /// <exception cref="IOException">The kernel or the library refused them; nothing of them is in force.</exception>
    /// <exception cref="DllNotFoundException">nftables is not installed.</exception>
    public static void Load(string rules)
    {
        if (New(0) is var first and not 0)
            Free(first); // loads the library: what a thread opens with descriptors of its own ends with it
        string? refused = null;
        var thread = new Thread(() =>
        {
            if (Libc.Unshare(CLONE_FILES) == 0)
                _ = Libc.Close(0); // here only; the runtime needs others, for memory of code
            refused = TryLoad(rules);
        })
        { Name = "islet-rules" }; // begins in the caller's namespace
        thread.Start();
        thread.Join();
        if (refused is not null)
            throw new IOException($"nftables refused the slot's rules: {refused}");
    }

    // Why not; null: they are in force.
    static string? TryLoad(string rules)
    {
        var context = New(0);
        if (context == 0)
            return "the library gave no context";
        try
        {
            _ = BufferError(context); // else it prints to stderr
            _ = BufferOutput(context);
            return Run(context, rules) == 0 ? null : Marshal.PtrToStringUTF8(Error(context))?.Trim() ?? "";
        }
        finally
        {
            Free(context);
        }
    }

    [LibraryImport(Library, EntryPoint = "nft_ctx_new")]
    private static partial nint New(uint flags);

    [LibraryImport(Library, EntryPoint = "nft_ctx_free")]
    private static partial void Free(nint context);

    [LibraryImport(Library, EntryPoint = "nft_ctx_buffer_error")]
    private static partial int BufferError(nint context);

    [LibraryImport(Library, EntryPoint = "nft_ctx_buffer_output")]
    private static partial int BufferOutput(nint context);

    [LibraryImport(Library, EntryPoint = "nft_ctx_get_error_buffer")]
    private static partial nint Error(nint context);

    [LibraryImport(Library, EntryPoint = "nft_run_cmd_from_buffer", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Run(nint context, string rules);
}

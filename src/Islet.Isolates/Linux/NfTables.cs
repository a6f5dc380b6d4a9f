using System.Runtime.InteropServices;

namespace Islet.Isolates.Linux;

/// <summary>Loads rules by libnftables into the network namespace of the calling thread: as <c>nft -f</c> does, without a process.</summary>
internal static partial class NfTables
{
    const string Library = "libnftables.so.1";

    /// <exception cref="IOException">The kernel or the library refused them; nothing of them is in force.</exception>
    /// <exception cref="DllNotFoundException">nftables is not installed.</exception>
    public static void Load(string rules)
    {
        var context = New(0);
        if (context == 0)
            throw new IOException("libnftables gave no context.");
        try
        {
            _ = BufferError(context); // else it prints to stderr
            _ = BufferOutput(context);
            if (Run(context, rules) != 0)
                throw new IOException($"nftables refused the slot's rules: {Marshal.PtrToStringUTF8(Error(context))?.Trim()}");
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

using System.Runtime.InteropServices;

namespace Islet.Isolates.Sandbox;

/// <summary>Turns <see cref="SeccompRules"/> into the kernel's filter program, by libseccomp: it knows each architecture's numbers.</summary>
internal static partial class SeccompFilter
{
    const string Library = "libseccomp.so.2";
    const uint Allow = 0x7fff0000;
    const uint KillProcess = 0x80000000;
    const uint Errno = 0x00050000;
    const int EPERM = 1;
    const int ENOSYS = 38;
    const int NoSuchCall = -1; // __NR_SCMP_ERROR
    const int BadArchitecture = 2; // SCMP_FLTATR_ACT_BADARCH
    const int Optimize = 8; // SCMP_FLTATR_CTL_OPTIMIZE; 2 = binary tree
    const int Equal = 4; // SCMP_CMP_EQ
    const int MaskedEqual = 7; // SCMP_CMP_MASKED_EQ

    /// <summary>Writes the program to a file that bubblewrap reads.</summary>
    /// <param name="open">It allows everything: for the self test, see <see cref="Walls.Seccomp"/>.</param>
    /// <exception cref="DllNotFoundException">libseccomp is not installed.</exception>
    public static void Write(string path, bool open = false)
    {
        var filter = Init(open ? Allow : Errno | EPERM);
        if (filter == 0)
            throw new IOException("libseccomp gave no filter.");
        try
        {
            Check(SetAttribute(filter, BadArchitecture, KillProcess), "bad architecture");
            _ = SetAttribute(filter, Optimize, 2); // libseccomp 2.5 and later; without it the filter is only slower
            if (!open)
                AddRules(filter);
            using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
            Check(Export(filter, (int)file.DangerousGetHandle()), "export");
        }
        finally
        {
            Release(filter);
        }
    }

    static void AddRules(nint filter)
    {
        foreach (var name in SeccompRules.Allowed)
            Rule(filter, Allow, name);
        AddThreads(filter);
        AddSockets(filter);
        AddControls(filter);
    }

    // Threads yes, processes no. clone3 hides its flags in memory: ENOSYS makes libc fall back to clone.
    static void AddThreads(nint filter)
    {
        const ulong CloneThread = 0x00010000;
        Rule(filter, Allow, "clone", new Comparison(0, MaskedEqual, CloneThread, CloneThread));
        Rule(filter, Errno | ENOSYS, "clone3");
    }

    // Streams and datagrams of three families; type may carry SOCK_NONBLOCK and SOCK_CLOEXEC above its low four bits.
    static void AddSockets(nint filter)
    {
        const ulong TypeMask = 0xf;
        foreach (var family in (ulong[])[1, 2, 10]) // AF_UNIX, AF_INET, AF_INET6
            foreach (var type in (ulong[])[1, 2]) // SOCK_STREAM, SOCK_DGRAM
                Rule(filter, Allow, "socket", new Comparison(0, Equal, family, 0), new Comparison(1, MaskedEqual, TypeMask, type));
    }

    // By list, on the low 32 bits, as the kernel reads them: with TIOCSTI a jail could type into a terminal.
    static void AddControls(nint filter)
    {
        const ulong Low = 0xffffffff;
        ulong[] requests =
        [
            0x5401, 0x5402, 0x5403, 0x5404, // TCGETS, TCSETS, TCSETSW, TCSETSF
            0x540f, 0x5413, 0x541b, 0x5421, // TIOCGPGRP, TIOCGWINSZ, FIONREAD, FIONBIO
            0x5450, 0x5451, 0x40049409, // FIONCLEX, FIOCLEX, FICLONE
        ];
        foreach (var request in requests)
            Rule(filter, Allow, "ioctl", new Comparison(1, MaskedEqual, Low, request));
    }

    static void Rule(nint filter, uint action, string name, params ReadOnlySpan<Comparison> arguments)
    {
        var number = Resolve(name);
        if (number != NoSuchCall)
            Check(Add(filter, action, number, (uint)arguments.Length, arguments), name);
    }

    static void Check(int code, string what)
    {
        if (code != 0)
            throw new IOException($"libseccomp refused {what}: {Marshal.GetPInvokeErrorMessage(-code)}");
    }

    /// <summary>struct scmp_arg_cmp.</summary>
    [StructLayout(LayoutKind.Sequential)]
    readonly record struct Comparison(uint Argument, int Operation, ulong A, ulong B);

    [LibraryImport(Library, EntryPoint = "seccomp_init")]
    private static partial nint Init(uint action);

    [LibraryImport(Library, EntryPoint = "seccomp_release")]
    private static partial void Release(nint filter);

    [LibraryImport(Library, EntryPoint = "seccomp_attr_set")]
    private static partial int SetAttribute(nint filter, int attribute, uint value);

    [LibraryImport(Library, EntryPoint = "seccomp_syscall_resolve_name", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Resolve(string name);

    [LibraryImport(Library, EntryPoint = "seccomp_rule_add_array")]
    private static partial int Add(nint filter, uint action, int number, uint count, ReadOnlySpan<Comparison> arguments);

    [LibraryImport(Library, EntryPoint = "seccomp_export_bpf")]
    private static partial int Export(nint filter, int fd);
}

using System.Globalization;

namespace Islet.Isolates.Sandbox;

/// <summary>Facts about processes, from proc(5).</summary>
internal static class ProcFs
{
    /// <summary>The first child of a process, null when it has none or is gone.</summary>
    public static int? OnlyChildOf(int pid)
    {
        try
        {
            var children = File.ReadAllText($"/proc/{pid}/task/{pid}/children").AsSpan().Trim();
            var end = children.IndexOf(' ');
            return int.TryParse(end < 0 ? children : children[..end], CultureInfo.InvariantCulture, out var child) ? child : null;
        }
        catch (IOException)
        {
            return null; // gone meanwhile
        }
    }

    /// <summary>Null when the process is gone.</summary>
    public static int? ParentOf(int pid) => Stat(pid) is [_, var parent, ..] ? int.Parse(parent, CultureInfo.InvariantCulture) : null;

    /// <summary>R, S, D, T, Z …; null when the process is gone.</summary>
    public static char? StateOf(int pid) => Stat(pid) is [var state, ..] ? state[0] : null;

    // pid (name) state ppid …; the name may hold anything, also parentheses.
    static string[]? Stat(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null; // gone meanwhile
        }
    }

    /// <summary>Resident set; 0 when the process is gone.</summary>
    public static long ResidentBytes(int pid)
    {
        try
        {
            var fields = File.ReadAllText($"/proc/{pid}/statm").Split(' ');
            return long.Parse(fields[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
        }
        catch (IOException)
        {
            return 0; // gone meanwhile
        }
    }
}

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
    public static int? ParentOf(int pid)
    {
        try
        {
            // pid (name) state ppid …; the name may hold anything, also parentheses.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 4)..].Split(' ', 2)[0], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
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

namespace Islet.Isolates.Sandbox;

/// <summary>The programs of the system that draw the fence.</summary>
internal sealed record JailTools(string Bubblewrap, string? SetPriv)
{
    static readonly string[] Places = ["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin"];

    public static string? Find(string program) => Array.Find([.. Places.Select(place => Path.Combine(place, program))], File.Exists);
}

using System.Text.Encodings.Web;
using System.Text.Json;

namespace Islet.ControlPlane;

/// <summary>Names the offending member of a request: <c>assets["main.ts"].content</c>, <c>domains[2]</c>.</summary>
public static class FieldPath
{
    const int MaxNameLength = 200;

    public static string Member(string parent, string name) => parent.Length == 0 ? name : $"{parent}.{name}";

    /// <summary>A member whose name the client chose.</summary>
    public static string Entry(string parent, string name)
    {
        var cut = name.Length <= MaxNameLength ? name : name[..MaxNameLength] + "...";
        return $"{parent}[\"{JsonEncodedText.Encode(cut, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"]";
    }

    public static string Item(string parent, int index) => $"{parent}[{index}]";
}

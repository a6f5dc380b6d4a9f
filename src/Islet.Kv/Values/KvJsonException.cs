namespace Islet.Kv.Values;

/// <summary>JSON that is no key or no value.</summary>
/// <param name="path">Which member, from the root of the key or the value.</param>
/// <param name="problem">What is wrong with it, as the end of a sentence that begins with the path.</param>
public sealed class KvJsonException(string path, string problem) : Exception($"{path} {problem}")
{
    public string Path => path;
}

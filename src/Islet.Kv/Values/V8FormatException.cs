namespace Islet.Kv.Values;

/// <summary>Bytes that are no value of V8, or one beyond what is read here. The only exception their reading has.</summary>
public sealed class V8FormatException(string message) : Exception(message);

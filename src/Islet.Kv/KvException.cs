namespace Islet.Kv;

/// <summary>What a client asked for cannot be done. Its message is the body of the 400 and is shown to the tenant.</summary>
public sealed class KvException(string message) : Exception(message);

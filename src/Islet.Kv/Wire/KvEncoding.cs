namespace Islet.Kv.Wire;

/// <summary>What the bytes of a value are (ValueEncoding of KV Connect). The number is stored beside them.</summary>
public enum KvEncoding
{
    /// <summary>Not stored: an operand without it is refused.</summary>
    Unspecified = 0,

    /// <summary>A value of JavaScript as V8's ValueSerializer writes it.</summary>
    V8 = 1,

    /// <summary>A <c>Deno.KvU64</c>: eight bytes, little end first.</summary>
    LittleEndian64 = 2,

    /// <summary>A Uint8Array.</summary>
    Bytes = 3,
}

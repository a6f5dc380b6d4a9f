using System.Numerics;

namespace Islet.Kv.Values;

/// <summary>A value of JavaScript as <see cref="V8Reader"/> found it.</summary>
abstract class V8Value
{
    public sealed class Undefined : V8Value
    {
        public static readonly Undefined Value = new();
    }

    /// <summary>No element at this index of an array.</summary>
    public sealed class Hole : V8Value
    {
        public static readonly Hole Value = new();
    }

    public sealed class Null : V8Value
    {
        public static readonly Null Value = new();
    }

    public sealed class Flag(bool value) : V8Value
    {
        public static readonly Flag True = new(true), False = new(false);

        public bool Value => value;
    }

    public sealed class Number(double value) : V8Value
    {
        public double Value => value;
    }

    public sealed class BigInt(BigInteger value) : V8Value
    {
        public BigInteger Value => value;
    }

    /// <summary>Units of UTF-16; surrogates may lack their other half.</summary>
    public sealed class Text(string value) : V8Value
    {
        public string Value => value;
    }

    /// <summary>An object that stands elsewhere in the tree, maybe around this place.</summary>
    public sealed class Reference(V8Object target) : V8Value
    {
        public V8Object Target => target;
    }
}

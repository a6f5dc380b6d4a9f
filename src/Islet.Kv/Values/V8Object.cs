namespace Islet.Kv.Values;

/// <summary>What has an identity: other places of the same value may refer to it.</summary>
abstract class V8Object : V8Value
{
    /// <summary>The number among the objects of the value.</summary>
    public int Id { get; set; }

    public bool IsReferenced { get; set; }

    /// <summary>Own properties in order, each name once.</summary>
    public sealed class Plain : V8Object
    {
        public List<KeyValuePair<string, V8Value>> Properties { get; } = [];
    }

    /// <param name="length">What it says; a sparse one has only properties.</param>
    public sealed class Array(uint length) : V8Object
    {
        public uint Length => length;

        /// <summary>Empty when sparse.</summary>
        public List<V8Value> Elements { get; } = [];

        public List<KeyValuePair<string, V8Value>> Properties { get; } = [];
    }

    public sealed class Map : V8Object
    {
        public List<KeyValuePair<V8Value, V8Value>> Entries { get; } = [];
    }

    public sealed class Set : V8Object
    {
        public List<V8Value> Values { get; } = [];
    }

    /// <param name="milliseconds">Since 1970; NaN: no date.</param>
    public sealed class Date(double milliseconds) : V8Object
    {
        public double Milliseconds => milliseconds;
    }

    public sealed class RegExp(string source, string flags) : V8Object
    {
        public string Source => source;

        public string Flags => flags;
    }

    /// <summary>A Boolean, Number, BigInt or String object.</summary>
    public sealed class Boxed(V8Value value) : V8Object
    {
        public V8Value Value => value;
    }

    /// <param name="most">Bytes a resizable one may have; null: it is none.</param>
    public sealed class Buffer(byte[] bytes, uint? most) : V8Object
    {
        public byte[] Bytes => bytes;

        public uint? Most => most;
    }

    /// <param name="type">Its constructor: Uint8Array, DataView and so on.</param>
    public sealed class View(string type, Buffer buffer, int offset, int length) : V8Object
    {
        public string Type => type;

        public ReadOnlySpan<byte> Bytes => buffer.Bytes.AsSpan(offset, length);
    }

    public sealed class Error : V8Object
    {
        public string Name { get; set; } = "Error";

        public string? Message { get; set; }

        public string? Stack { get; set; }

        public V8Value? Cause { get; set; }
    }
}

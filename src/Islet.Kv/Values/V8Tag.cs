namespace Islet.Kv.Values;

/// <summary>The bytes before each value in the format of V8's ValueSerializer, versions 13 to 16.</summary>
static class V8Tag
{
    public const byte Version = 0xFF;
    public const byte Padding = 0;
    public const byte ObjectCount = (byte)'?';
    public const byte Hole = (byte)'-';
    public const byte Undefined = (byte)'_';
    public const byte Null = (byte)'0';
    public const byte True = (byte)'T';
    public const byte False = (byte)'F';
    public const byte Int32 = (byte)'I';
    public const byte Uint32 = (byte)'U';
    public const byte Double = (byte)'N';
    public const byte BigInt = (byte)'Z';
    public const byte Utf8 = (byte)'S';
    public const byte OneByte = (byte)'"';
    public const byte TwoByte = (byte)'c';
    public const byte Reference = (byte)'^';
    public const byte Object = (byte)'o';
    public const byte ObjectEnd = (byte)'{';
    public const byte Sparse = (byte)'a';
    public const byte SparseEnd = (byte)'@';
    public const byte Dense = (byte)'A';
    public const byte DenseEnd = (byte)'$';
    public const byte Date = (byte)'D';
    public const byte TrueObject = (byte)'y';
    public const byte FalseObject = (byte)'x';
    public const byte NumberObject = (byte)'n';
    public const byte BigIntObject = (byte)'z';
    public const byte StringObject = (byte)'s';
    public const byte RegExp = (byte)'R';
    public const byte Map = (byte)';';
    public const byte MapEnd = (byte)':';
    public const byte Set = (byte)'\'';
    public const byte SetEnd = (byte)',';
    public const byte ArrayBuffer = (byte)'B';
    public const byte ResizableArrayBuffer = (byte)'~';
    public const byte View = (byte)'V';
    public const byte Error = (byte)'r';
    public const byte HostObject = (byte)'\\';
}

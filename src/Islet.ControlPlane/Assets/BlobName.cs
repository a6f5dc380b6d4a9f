using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Islet.ControlPlane.Assets;

/// <summary>Both names of a content: ours and git's. Made by reading the content once.</summary>
readonly record struct BlobName(string Sha256, string GitSha1, long Size)
{
    /// <summary>Git's name is the SHA-1 over <c>blob &lt;size&gt;</c>, NUL and the content.</summary>
    public static BlobName Of(AssetContent content)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        sha1.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0")));
        using var hashing = new HashingStream(sha256, sha1);
        content.CopyTo(hashing);
        return new(Convert.ToHexStringLower(sha256.GetHashAndReset()), Convert.ToHexStringLower(sha1.GetHashAndReset()), content.Length);
    }

    /// <summary>Feeds what is written to it into both hashes.</summary>
    sealed class HashingStream(IncrementalHash sha256, IncrementalHash sha1) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            sha256.AppendData(buffer);
            sha1.AppendData(buffer);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
            // nothing is held back
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}

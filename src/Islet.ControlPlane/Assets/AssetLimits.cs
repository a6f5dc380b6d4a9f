namespace Islet.ControlPlane.Assets;

/// <summary>What a deployment's tree may have at most.</summary>
public static class AssetLimits
{
    public const int Files = 100_000;

    /// <summary>Bytes of all files together.</summary>
    public const long TotalSize = 1L << 30;

    /// <summary>Bytes of a path; well under PATH_MAX with the directories of a slot in front.</summary>
    public const int PathBytes = 1024;

    /// <summary>NAME_MAX.</summary>
    public const int SegmentBytes = 255;

    /// <summary>Links that lead to links: the kernel stops at 40.</summary>
    public const int LinkChain = 32;
}

namespace Islet.ControlPlane;

/// <summary>Which part of a list, by number from 1.</summary>
public readonly record struct Page(int Number, int Limit)
{
    internal int Skip => (int)Math.Min((Number - 1L) * Limit, int.MaxValue);
}

/// <summary>One page and how many items there are in all.</summary>
public sealed record Listing<T>(IReadOnlyList<T> Items, int Total);

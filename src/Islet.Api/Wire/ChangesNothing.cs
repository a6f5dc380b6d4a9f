namespace Islet.Api.Wire;

/// <summary>Marks an endpoint that only looks, although its method is one of those that change things: the audit log has no word of it.</summary>
sealed class ChangesNothing
{
    public static readonly ChangesNothing Instance = new();
}

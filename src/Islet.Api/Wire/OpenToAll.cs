namespace Islet.Api.Wire;

/// <summary>Marks an endpoint that also answers without a token. One that is sent must be valid all the same.</summary>
sealed class OpenToAll
{
    public static readonly OpenToAll Instance = new();
}

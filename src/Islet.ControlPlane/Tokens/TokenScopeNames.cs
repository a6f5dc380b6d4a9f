namespace Islet.ControlPlane.Tokens;

public static class TokenScopeNames
{
    /// <summary>As it is on the wire.</summary>
    public static string Name(this TokenScope scope) => scope switch
    {
        TokenScope.User => "user",
        TokenScope.Organization => "organization",
        TokenScope.Project => "project",
    };
}

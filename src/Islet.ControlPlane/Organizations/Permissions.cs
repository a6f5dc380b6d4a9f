using Islet.ControlPlane.Tokens;
using Islet.Contracts;

namespace Islet.ControlPlane.Organizations;

/// <summary>
/// The one place that knows what a role may do. Which rows a caller sees at all is the question of
/// <c>CallerFilters</c>, and is asked before: a refusal here says that the thing is there.
/// </summary>
public static class Permissions
{
    internal static bool May(Role role, Act act) => role switch
    {
        Role.Owner => true,
        Role.Admin => act is not Act.Own,
        Role.Member => act is Act.Read or Act.Deploy,
        Role.Viewer => act is Act.Read,
    };

    /// <summary>Null when allowed.</summary>
    internal static Refusal? Refuse(this Caller caller, OrganizationId organization, Act act)
    {
        caller.Trail?.Consider(organization);
        if (caller.OnlyProject is not null && act is (Act.Administer or Act.Own))
            return new(RefusalCode.Forbidden, "A token of one project cannot do this: take one of its organization");
        if (!caller.Roles.TryGetValue(organization, out var role))
            return new(RefusalCode.Forbidden, "You are no member of this organization");
        return May(role, act) ? null : new(RefusalCode.Forbidden, $"Your role in this organization, {role.Name()}, may not do this");
    }

    /// <summary>As it is on the wire.</summary>
    public static string Name(this Role role) => role switch
    {
        Role.Owner => "owner",
        Role.Admin => "admin",
        Role.Member => "member",
        Role.Viewer => "viewer",
    };
}

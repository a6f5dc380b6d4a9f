using System.Text.Json.Serialization;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Tokens;

namespace Islet.Api.Dashboard;

sealed record UserWire(string Name);

sealed record MemberWire(UserWire User);

/// <summary>Members and projects come where one organization is asked for.</summary>
sealed record OrganizationWire(Guid Id, string? Name)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IEnumerable<MemberWire>? Members { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IEnumerable<ProjectWire>? Projects { get; init; }

    /// <summary>Without a name the client takes it for the caller's personal one, so another person's keeps its name.</summary>
    public static OrganizationWire Of(Organization organization, Caller caller) =>
        new(organization.Id.Value, organization.PersonalOf == caller.User ? null : organization.Name);
}

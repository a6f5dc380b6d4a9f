using Islet.Contracts;

namespace Islet.ControlPlane.Organizations;

/// <summary>What organizations and people may be called: a line that a human reads, nothing that is looked up.</summary>
static class OrganizationName
{
    public const int MaxLength = 100;

    public static Refusal? Check(string name, string field)
    {
        if (string.IsNullOrWhiteSpace(name) || name.EnumerateRunes().Count() > MaxLength)
            return new(RefusalCode.BadRequest, $"{field} must have 1 to {MaxLength} characters, not only spaces", field);
        return name.Any(char.IsControl) ? new(RefusalCode.BadRequest, $"{field} must not contain control characters", field) : null;
    }
}

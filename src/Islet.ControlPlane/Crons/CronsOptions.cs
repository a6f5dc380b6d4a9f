namespace Islet.ControlPlane.Crons;

/// <summary>Section <c>Islet:Crons</c>.</summary>
public sealed class CronsOptions
{
    /// <summary>How long one try of a run may take, the start of its isolate included. Past it the try has failed.</summary>
    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromHours(1);
}

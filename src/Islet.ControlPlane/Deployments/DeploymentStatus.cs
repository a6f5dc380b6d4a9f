namespace Islet.ControlPlane.Deployments;

public enum DeploymentStatus
{
    /// <summary>Waits for its build, or is being built.</summary>
    Pending = 0,

    Success = 1,

    /// <summary>Terminal; the reason is in the build log.</summary>
    Failed = 2,
}

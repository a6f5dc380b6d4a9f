namespace Islet.ControlPlane.Builds;

/// <summary>
/// The deployment cannot be built, and it is the deployment's fault: the message goes into its build log behind
/// "The deployment failed: ".
/// </summary>
sealed class BuildFailure(string reason) : Exception(reason);

namespace Islet.ControlPlane.Deployments;

/// <summary>What the settings of a deployment may have at most. Names and values of variables: bytes of UTF-8.</summary>
public static class DeploymentLimits
{
    public const int Description = 1000;
    public const int VariableName = 128;
    public const int VariableValue = 16_384;
    public const int Variables = 1000;
    public const int AllVariables = 1 << 20;
    public const int Domains = 100;
    public const int NetHosts = 1000;
    public const int Specifier = 2048;
}

using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Logs;

namespace Islet.ControlPlane.Builds;

/// <summary>One build under way: what is built, its files, its log.</summary>
sealed record BuildTarget(DeploymentPlan Plan, SourceTree Sources, BuildLogs Logs)
{
    public void Log(string level, string message) => Logs.Append(Plan.Id, level, message);
}

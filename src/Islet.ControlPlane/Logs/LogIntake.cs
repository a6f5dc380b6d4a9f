using Islet.Contracts;

namespace Islet.ControlPlane.Logs;

sealed class LogIntake(LogsOptions options)
    : TelemetryIntake<LogLine>(options.QueuedLines, options.QueuedLinesPerDeployment, options.QueuedCharacters)
{
    protected override DeploymentId DeploymentOf(in LogLine record) => record.Deployment;

    protected override int CharactersOf(in LogLine record) => record.Message.Length;
}

using Islet.ControlPlane.Logs;
using Islet.Contracts;

namespace Islet.ControlPlane.Egress;

/// <summary>The texts of a record are short, so its number bounds them as well.</summary>
sealed class EgressIntake(LogsOptions options)
    : TelemetryIntake<EgressRecord>(options.QueuedEgressRecords, options.QueuedEgressRecordsPerDeployment, long.MaxValue)
{
    protected override DeploymentId DeploymentOf(in EgressRecord record) => record.Deployment;

    protected override int CharactersOf(in EgressRecord record) => record.Destination.Length + (record.Host?.Length ?? 0);
}

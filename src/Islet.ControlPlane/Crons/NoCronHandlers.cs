using Islet.Contracts;

namespace Islet.ControlPlane.Crons;

/// <summary>Where nobody brought an edge and a gateway: programs register no crons, and none runs.</summary>
sealed class NoCronHandlers : IIsolateCrons, IVisits
{
    public Task<CollectedCrons?> CollectAsync(IsolateId isolate, CancellationToken cancellation) => Task.FromResult<CollectedCrons?>(null);

    public Task<CronEnd> RunAsync(IsolateId isolate, string name, string traceparent, CancellationToken cancellation) =>
        Task.FromResult(new CronEnd("Crons cannot run here"));

    public Task<VisitOutcome> EnterAsync(string host, DeploymentId deployment, CancellationToken cancellation) =>
        Task.FromResult(new VisitOutcome(null, "Crons cannot run here"));
}

namespace Islet.Contracts;

/// <summary>Programs that take messages of a KV database. None of these throws for what a program did.</summary>
public interface IQueueListeners
{
    /// <summary>A program listens: from now on its project is started when a message is due and nobody is there. Never waits.</summary>
    void Note(Guid database, ProjectId project);

    /// <summary>
    /// Starts the production deployments of the projects that have listened, where they have the database still. Their isolates
    /// stay until the visits are disposed. Empty: there is nobody to start.
    /// </summary>
    Task<IReadOnlyList<Visit>> StartAsync(Guid database, CancellationToken cancellation);

    /// <summary>Keeps the running isolate of a deployment while it handles messages. Null: it cannot be kept.</summary>
    Task<Visit?> StayAsync(DeploymentId deployment, CancellationToken cancellation);
}

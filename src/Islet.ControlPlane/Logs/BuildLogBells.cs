using Islet.Contracts;

namespace Islet.ControlPlane.Logs;

/// <summary>
/// Tells readers of a build log that there is something new. A bell exists while somebody listens; the entries
/// themselves are in the table, so memory does not grow with logs.
/// </summary>
sealed class BuildLogBells
{
    readonly Lock gate = new(); // guards the dictionary and all that hangs on it
    readonly Dictionary<DeploymentId, Bell> bells = [];

    public Listener Listen(DeploymentId deployment)
    {
        lock (gate)
        {
            if (!bells.TryGetValue(deployment, out var bell))
                bells.Add(deployment, bell = new Bell());
            bell.Listeners++;
            return new Listener(this, deployment, bell);
        }
    }

    public void Ring(DeploymentId deployment)
    {
        TaskCompletionSource rung;
        lock (gate)
        {
            if (!bells.TryGetValue(deployment, out var bell))
                return;
            rung = bell.Next;
            bell.Next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        rung.SetResult();
    }

    void Leave(DeploymentId deployment, Bell bell)
    {
        lock (gate)
        {
            if (--bell.Listeners == 0)
                bells.Remove(deployment);
        }
    }

    public sealed class Listener(BuildLogBells owner, DeploymentId deployment, Bell bell) : IDisposable
    {
        bool left;

        /// <summary>Completes at the first ring after this was read.</summary>
        public Task Next
        {
            get
            {
                lock (owner.gate)
                    return bell.Next.Task;
            }
        }

        public void Dispose()
        {
            if (!left)
                owner.Leave(deployment, bell);
            left = true;
        }
    }

    public sealed class Bell
    {
        public int Listeners;
        public TaskCompletionSource Next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

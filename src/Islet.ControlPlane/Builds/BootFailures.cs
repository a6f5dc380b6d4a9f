using Islet.Contracts;

namespace Islet.ControlPlane.Builds;

/// <summary>What a build log says when the trial boot fails: the code a visitor would have seen, then why.</summary>
static class BootFailures
{
    public static string Describe(StartFailure failure)
    {
        var said = string.Join('\n', failure.LastLines);
        return failure.Reason switch
        {
            StartFailureReason.UncaughtException => $"UNCAUGHT_EXCEPTION {said}",
            StartFailureReason.NoServer =>
                "ISOLATE_INTERNAL_FAILURE The program ended without starting a server: call Deno.serve(), use "
                + $"export default {{ fetch }}, or listen with node:http\n{said}",
            StartFailureReason.TimeLimit => $"TIME_LIMIT No server was listening in time\n{said}",
            StartFailureReason.MemoryLimit => $"MEMORY_LIMIT {said}",
            StartFailureReason.Internal => $"ISOLATE_INTERNAL_FAILURE {said}",
            StartFailureReason.OrganizationLimit => "ISOLATE_LIMIT The organization runs as many isolates as it may; deploy again later",
            StartFailureReason.NoCapacity => "ISOLATE_INTERNAL_FAILURE This node runs as many isolates as it may; deploy again later",
        };
    }
}

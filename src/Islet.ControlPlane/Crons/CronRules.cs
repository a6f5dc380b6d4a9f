using Islet.Contracts;

namespace Islet.ControlPlane.Crons;

/// <summary>What a registered cron must be like. Deno checks some of this itself, but what a program sends need not be Deno's.</summary>
static class CronRules
{
    public const int MaxName = 64;
    public const int MaxSchedule = 1000;
    public const int MaxBackoffs = 5;

    public static readonly TimeSpan MaxBackoff = TimeSpan.FromHours(1);

    /// <summary>The first thing wrong, for the program's author; null when all are good.</summary>
    public static string? Check(IReadOnlyList<CronRegistration> crons)
    {
        foreach (var cron in crons)
        {
            if (cron.Name.Length is 0 or > MaxName || !cron.Name.All(IsOfName))
                return $"The name of a cron must have 1 to {MaxName} letters, digits, blanks, hyphens and underscores";
            if (cron.Schedule.Length > MaxSchedule || CronSchedule.Parse(cron.Schedule) is null)
                return $"Invalid cron schedule of \"{cron.Name}\"";
            if (cron.Backoff.Count > MaxBackoffs || cron.Backoff.Any(delay => delay < 0 || delay > MaxBackoff.TotalMilliseconds))
                return $"Invalid backoff schedule of \"{cron.Name}\": at most {MaxBackoffs} delays of at most {MaxBackoff.TotalMilliseconds} ms";
        }
        return null;
    }

    static bool IsOfName(char character) =>
        char.IsAsciiLetterOrDigit(character) || character is '_' or '-' or ' ' or '\t' or '\n' or '\r' or '\f';
}

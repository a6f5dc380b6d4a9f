using System.Diagnostics.CodeAnalysis;
using Islet.Contracts;

namespace Islet.ControlPlane;

public static class OutcomeFlow
{
    /// <summary>Takes an outcome apart in one condition: either the refusal or the value is there.</summary>
    public static bool IsRefused<T>(this Outcome<T> outcome, [NotNullWhen(true)] out Refusal? refusal, [NotNullWhen(false)] out T? value)
    {
        value = outcome.IsRefused(out refusal) ? default : outcome.Value;
        return refusal is not null;
    }
}

using System.Text.Json.Serialization;
using Islet.Api.DenoDeploy;
using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;

namespace Islet.Api.Islet;

/// <summary>Body of every error of this dialect.</summary>
[Component("FieldError")]
sealed record FieldErrorWire(
    string Code, string Message, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Field);

/// <summary>The codes of the other dialect, and the field.</summary>
static class IsletErrors
{
    public static IResult Refused(Refusal refusal)
    {
        var (status, code) = DenoDeployErrors.Of(refusal);
        return new ErrorAnswer<FieldErrorWire>(status, new(code, refusal.Message, refusal.Field)) { RetryAfter = refusal.RetryAfter };
    }

    /// <summary>For a path that leads nowhere.</summary>
    public static IResult NoRoute() => Of(StatusCodes.Status404NotFound, "notFound", "There is nothing at this path");

    public static IResult WrongMethod(string method) =>
        Of(StatusCodes.Status405MethodNotAllowed, "methodNotAllowed", $"The method {method} is not possible at this path");

    public static IResult Of(int status, string code, string message, TimeSpan? retryAfter = null) =>
        new ErrorAnswer<FieldErrorWire>(status, new(code, message, null)) { RetryAfter = retryAfter };
}

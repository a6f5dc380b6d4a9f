using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;

namespace Islet.Api.DenoDeploy;

/// <summary>Body of every error of this dialect.</summary>
[Component("ErrorBody")]
sealed record ErrorWire(string Code, string Message);

/// <summary>Refusals as statuses and codes. 400 where others use 409 or 422: the official client retries 409.</summary>
static class DenoDeployErrors
{
    public static IResult Refused(Refusal refusal)
    {
        var (status, code) = Of(refusal);
        return new ErrorAnswer<ErrorWire>(status, new(code, refusal.Message)) { RetryAfter = refusal.RetryAfter };
    }

    /// <summary>For a path that leads nowhere.</summary>
    public static IResult NoRoute() => NotFound("There is nothing at this path");

    public static IResult NotFound(string message) => new ErrorAnswer<ErrorWire>(StatusCodes.Status404NotFound, new("notFound", message));

    public static IResult WrongMethod(string method) =>
        new ErrorAnswer<ErrorWire>(StatusCodes.Status405MethodNotAllowed, new("methodNotAllowed", $"The method {method} is not possible at this path"));

    /// <summary>For what the server itself could not read: broken framing, a body that stopped.</summary>
    public static IResult BadRequest(int status, TimeSpan? retryAfter) =>
        new ErrorAnswer<ErrorWire>(status, new("badRequest", "The request could not be read")) { RetryAfter = retryAfter };

    public static IResult Internal(TimeSpan? retryAfter) =>
        new ErrorAnswer<ErrorWire>(StatusCodes.Status500InternalServerError, new("internalServerError", "Something went wrong on our side")) { RetryAfter = retryAfter };

    public static (int Status, string Code) Of(Refusal refusal) => refusal.Code switch
    {
        RefusalCode.BadRequest => (400, "badRequest"),
        RefusalCode.Unauthorized => (401, "unauthorized"),
        RefusalCode.Forbidden => (403, "forbidden"),
        RefusalCode.OrganizationNotFound => (404, "organizationNotFound"),
        RefusalCode.ProjectNotFound => (404, "projectNotFound"),
        RefusalCode.DeploymentNotFound => (404, "deploymentNotFound"),
        // named in a body it is the fault of the body, and has the name seen there
        RefusalCode.DatabaseNotFound => refusal.Field is null ? (404, "databaseNotFound") : (400, "transactionDomainNotFound"),
        RefusalCode.DatabaseBackupNotFound => (404, "databaseBackupNotFound"),
        RefusalCode.EntryNotFound => (404, "entryNotFound"),
        RefusalCode.DomainNotFound => (404, "domainNotFound"),
        RefusalCode.SecretNotFound => (404, "secretNotFound"),
        RefusalCode.ProjectNameInUse => (400, "projectNameInUse"),
        RefusalCode.DomainInUse => (400, "domainInUse"),
        RefusalCode.DomainNotVerified => (400, "domainNotVerified"),
        RefusalCode.AssetNotFound => (400, "assetNotFound"),
        RefusalCode.AssetStorageExceeded => (400, "assetStorageExceeded"),
        RefusalCode.TooManyRequests => (429, "tooManyRequests"),
        RefusalCode.MemberNotFound => (404, "memberNotFound"),
        RefusalCode.InvitationNotFound => (404, "invitationNotFound"),
        RefusalCode.TokenNotFound => (404, "tokenNotFound"),
        RefusalCode.VariableNotFound => (404, "variableNotFound"),
        RefusalCode.CronNotFound => (404, "cronNotFound"),
        RefusalCode.Conflict => (409, "conflict"),
        RefusalCode.RetryTooSoon => (409, "retryTooSoon"),
        RefusalCode.IdempotencyKeyReused => (422, "idempotencyKeyReused"),
        RefusalCode.Busy => (503, "busy"),
    };
}

using Islet.Api.Wire;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Islet.Api.Islet;

sealed class IsletFilter(Surroundings around, ILogger<IsletFilter> logger) : DialectFilter(around, logger)
{
    protected override IResult Refused(Refusal refusal) => IsletErrors.Refused(refusal);

    protected override IResult Unreadable(int status, TimeSpan? retryAfter) => IsletErrors.Of(status, "badRequest", "The request could not be read", retryAfter: retryAfter);

    protected override IResult Internal(TimeSpan? retryAfter) =>
        IsletErrors.Of(StatusCodes.Status500InternalServerError, "internalServerError", "Something went wrong on our side", retryAfter: retryAfter);
}

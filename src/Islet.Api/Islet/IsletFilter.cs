using Islet.Api.Wire;
using Islet.ControlPlane;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.Api.Islet;

sealed class IsletFilter(AuthenticateToken authenticate, IOptions<ControlPlaneOptions> options, ILogger<IsletFilter> logger)
    : DialectFilter(authenticate, options, logger)
{
    protected override IResult Refused(Refusal refusal) => IsletErrors.Refused(refusal);

    protected override IResult Unreadable(int status) => IsletErrors.Of(status, "badRequest", "The request could not be read");

    protected override IResult Internal() =>
        IsletErrors.Of(StatusCodes.Status500InternalServerError, "internalServerError", "Something went wrong on our side");
}

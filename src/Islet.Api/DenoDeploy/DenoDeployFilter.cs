using Islet.Api.Wire;
using Islet.ControlPlane;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Islet.Api.DenoDeploy;

sealed class DenoDeployFilter(AuthenticateToken authenticate, IOptions<ControlPlaneOptions> options, ILogger<DenoDeployFilter> logger)
    : DialectFilter(authenticate, options, logger)
{
    protected override IResult Refused(Refusal refusal) => DenoDeployErrors.Refused(refusal);

    protected override IResult Unreadable(int status) => DenoDeployErrors.BadRequest(status);

    protected override IResult Internal() => DenoDeployErrors.Internal();
}

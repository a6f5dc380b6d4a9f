using Islet.Api.Wire;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Islet.Api.DenoDeploy;

sealed class DenoDeployFilter(Surroundings around, ILogger<DenoDeployFilter> logger) : DialectFilter(around, logger)
{
    protected override IResult Refused(Refusal refusal) => DenoDeployErrors.Refused(refusal);

    protected override IResult Unreadable(int status, TimeSpan? retryAfter) => DenoDeployErrors.BadRequest(status, retryAfter);

    protected override IResult Internal(TimeSpan? retryAfter) => DenoDeployErrors.Internal(retryAfter);
}

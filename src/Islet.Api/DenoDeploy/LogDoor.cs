using Islet.Contracts;
using Microsoft.AspNetCore.Http;

namespace Islet.Api.DenoDeploy;

public sealed record LogDoor(
    Func<HttpContext, DeploymentId, CancellationToken, ValueTask<bool>> ExistsAsync,
    Func<HttpContext, DeploymentId, CancellationToken, ValueTask<bool>> HasEndedAsync,
    Func<HttpContext, Refusal, Task> RefuseAsync);

using Islet.ControlPlane.Tokens;
using Islet.Contracts;
using Microsoft.AspNetCore.Http;

namespace Islet.Api.DenoDeploy;

public sealed record LogDoor(Func<HttpContext, Caller> CallerOf, Func<HttpContext, Refusal, Task> RefuseAsync);

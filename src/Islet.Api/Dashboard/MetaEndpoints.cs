using Islet.Api.Wire;
using Islet.ControlPlane.Logs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Dashboard;

/// <summary>
/// <code>
///   GET  /meta   200  { "regionCodes" }   all that logs can be asked by
/// </code>
/// </summary>
static class MetaEndpoints
{
    static readonly IEnumerable<string> Codes = [.. Regions.All.Order(StringComparer.Ordinal)];

    public static void Map(RouteGroupBuilder group) => group.MapRead("/meta", () => ApiJson.Ok(new MetaWire(Codes)));

    sealed record MetaWire(IEnumerable<string> RegionCodes);
}

using Islet.Api.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.Islet;

/// <summary>
/// Our own dialect: what version 1 of the other never had. Tokens, ids, times and codes are those of the other; an error
/// also names the field, and members that nobody knows are refused.
/// </summary>
static class IsletApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").AddEndpointFilter<RouteGroupBuilder, IsletFilter>();
        OrganizationEndpoints.Map(group);
        MemberEndpoints.Map(group);
        InvitationEndpoints.Map(group);
        AuditEndpoints.Map(group);
        TokenEndpoints.Map(group);
        VariableEndpoints.Map(group);
        LimitEndpoints.Map(group);
        SecretEndpoints.Map(group);
        CronEndpoints.Map(group);
        QueueEndpoints.Map(group);
        EgressEndpoints.Map(group);
        AppLogEndpoints.Map(group);
        EntryEndpoints.Map(group);
        EntryTransferEndpoints.Map(group);
        group.MapTheRest(IsletErrors.WrongMethod, IsletErrors.NoRoute);
    }
}

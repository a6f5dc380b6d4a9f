using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Contracts;

namespace Islet.ControlPlane.Audit;

/// <summary>Where operations write what they do. The row goes with the next SaveChanges of the operation, so in its transaction.</summary>
public sealed class AuditLog(IsletDb db, TimeProvider time)
{
    const int MaxDetail = 500;
    const int MaxTarget = 200;
    const int MaxOperation = 100;

    /// <summary>Of a change that will be done when the caller saves.</summary>
    internal void Add(Caller caller, OrganizationId? organization, string operation, string kind, string target, string detail = "") =>
        Add(caller, organization, operation, kind, target, detail, "done");

    /// <summary>
    /// For calls whose operation wrote nothing by itself: those that were refused, and changes by endpoints that know no
    /// better name than their own.
    /// </summary>
    public async Task WriteAsync(
        Caller caller, OrganizationId? organization, string operation, string target, string outcome, CancellationToken cancellation)
    {
        db.ChangeTracker.Clear(); // what a refused operation had in mind
        Add(caller, organization, operation, "endpoint", target, "", outcome);
        await db.SaveChangesAsync(cancellation);
    }

    void Add(Caller caller, OrganizationId? organization, string operation, string kind, string target, string detail, string outcome)
    {
        db.AuditLog.Add(new()
        {
            OrganizationId = organization,
            Time = time.Moment(),
            UserId = caller.User,
            Actor = caller.Email,
            TokenId = caller.Token,
            TokenName = caller.TokenName,
            Operation = BoundedLine.Cut(operation, MaxOperation),
            TargetKind = kind,
            TargetId = BoundedLine.Cut(target, MaxTarget),
            Detail = BoundedLine.Cut(detail, MaxDetail),
            Outcome = outcome,
            Address = caller.Trail?.Address ?? "",
            Agent = caller.Trail?.Agent ?? "",
        });
        if (caller.Trail is { } trail)
            trail.IsWritten = true;
    }
}

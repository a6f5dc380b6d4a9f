using System.Data.Common;
using System.Diagnostics;
using Islet.ControlPlane;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.Tests.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Islet.Tests.ControlPlane;

/// <summary>
/// How SQLite finds the rows of a list, as it tells itself: by an index in the order of the list, so that a page of a
/// hundred thousand costs what one of a hundred does. bench/scenarios/lists.mjs has the figures.
/// </summary>
public sealed class ListPlansTests : IAsyncLifetime
{
    readonly ControlPlaneDirectory directory = new(TestDatabase.Sqlite);
    ServiceProvider control = null!;
    Tenant tenant = null!;

    public async ValueTask InitializeAsync()
    {
        control = await directory.StartAsync();
        tenant = await Tenant.FirstAsync(control);
    }

    public async ValueTask DisposeAsync()
    {
        await control.DisposeAsync();
        directory.Dispose();
    }

    [Theory]
    [InlineData(ProjectOrder.UpdatedAt, false, null)]
    [InlineData(ProjectOrder.UpdatedAt, true, null)]
    [InlineData(ProjectOrder.Name, false, null)]
    [InlineData(ProjectOrder.UpdatedAt, false, "part")]
    [InlineData(ProjectOrder.Name, false, "part")]
    public async Task Projects_are_listed_in_the_order_of_an_index(ProjectOrder order, bool descending, string? search)
    {
        var plan = await PlanAsync<Projects>(projects => projects.ListAsync(
            tenant.Caller, tenant.Caller.Organizations[0], search, order, descending, new(2, 20), default));

        if (search is null)
            plan.ShouldAllBe(step => !step.Contains("TEMP B-TREE"));
        plan.ShouldAllBe(step => !IsScan(step));
    }

    [Theory]
    [InlineData(DeploymentOrder.CreatedAt, false, null)]
    [InlineData(DeploymentOrder.CreatedAt, true, null)]
    [InlineData(DeploymentOrder.Id, false, null)]
    [InlineData(DeploymentOrder.Id, false, "abc")]
    public async Task Deployments_are_listed_in_the_order_of_an_index(DeploymentOrder order, bool descending, string? search)
    {
        var plan = await PlanAsync<Deployments>(deployments => deployments.ListAsync(tenant.Caller, tenant.Project, search, order, descending, new(2, 20), default));

        plan.ShouldAllBe(step => !step.Contains("TEMP B-TREE") && !IsScan(step));
    }

    [Theory]
    [InlineData(ProjectOrder.UpdatedAt, false, "UpdatedAt>?")]
    [InlineData(ProjectOrder.UpdatedAt, true, "UpdatedAt<?")]
    [InlineData(ProjectOrder.Name, false, "Name>?")]
    [InlineData(ProjectOrder.Name, true, "Name<?")]
    public async Task A_page_far_along_begins_at_a_milestone(ProjectOrder order, bool descending, string bound)
    {
        await using (var scope = control.CreateAsyncScope())
        {
            var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
            db.Projects.AddRange(Enumerable.Range(0, 1600).Select(n => new Project
            {
                Id = new(Guid.NewGuid()), OrganizationId = tenant.Caller.Organizations[0], Name = $"far-{n:D4}", Description = "",
                CreatedAt = DateTimeOffset.UnixEpoch, UpdatedAt = DateTimeOffset.UnixEpoch.AddSeconds(n),
            }));
            await db.SaveChangesAsync();
        }

        var plan = await PlanAsync<Projects>(projects => projects.ListAsync(
            tenant.Caller, tenant.Caller.Organizations[0], search: null, order, descending, new(60, 20), default));

        plan.ShouldAllBe(step => !step.Contains("TEMP B-TREE") && !IsScan(step));
        plan.ShouldContain(step => step.Contains($"(OrganizationId=? AND {bound})"));
        plan.ShouldContain(step => step.StartsWith("SEARCH m USING PRIMARY KEY (Owner=? AND List=?)", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("part-of-a-name")]
    public async Task A_part_of_a_name_is_found_by_the_ends_of_names(string search)
    {
        var plan = await PlanAsync<Projects>(projects => projects.ListAsync(
            tenant.Caller, tenant.Caller.Organizations[0], search, ProjectOrder.UpdatedAt, descending: false, new(1, 20), default));

        plan.ShouldContain(step => step.Contains("USING PRIMARY KEY (OrganizationId=? AND End>? AND End<?)"));
        plan.ShouldContain(step => step.Contains("(Name=?)") || step.Contains("(OrganizationId=? AND Name=?)"));
        plan.ShouldAllBe(step => !IsScan(step));
    }

    [Fact]
    public async Task One_is_found_by_an_index()
    {
        (await PlanAsync<Projects>(projects => projects.FindAsync(tenant.Caller, "a-name", default))).ShouldAllBe(step => !IsScan(step));
        (await PlanAsync<Projects>(projects => projects.FindAsync(tenant.Caller, tenant.Project.ToString(), default))).ShouldAllBe(step => !IsScan(step));
        (await PlanAsync<Deployments>(deployments => deployments.GetAsync(tenant.Caller, new("000000000000"), default))).ShouldAllBe(step => !IsScan(step));
    }

    /// <summary>Of a table: what comes with the query is none, and neither is p0, rows that another step has found.</summary>
    static bool IsScan(string step) =>
        step.StartsWith("SCAN", StringComparison.Ordinal) && step is not ("SCAN CONSTANT ROW" or "SCAN p0" or "SCAN d0") && !step.Contains("VIRTUAL TABLE");

    /// <summary>Steps of all queries that a call makes.</summary>
    async Task<List<string>> PlanAsync<T>(Func<T, Task> call)
        where T : notnull
    {
        await using var scope = control.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IsletDb>();
        var commands = new Commands(db);
        using (DiagnosticListener.AllListeners.Subscribe(commands))
            await Eventually.HoldsAsync(async () => // EF looks once a second whether anybody listens
            {
                await call(scope.ServiceProvider.GetRequiredService<T>());
                return commands.Seen.Count > 0;
            });
        var lines = new List<string>();
        foreach (var (text, parameters) in commands.Seen)
        {
            await using var explain = db.Database.GetDbConnection().CreateCommand();
            explain.CommandText = "EXPLAIN QUERY PLAN " + text;
            foreach (var (name, value) in parameters)
            {
                var parameter = explain.CreateParameter();
                (parameter.ParameterName, parameter.Value) = (name, value);
                explain.Parameters.Add(parameter);
            }
            await db.Database.OpenConnectionAsync();
            await using var reader = await explain.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                lines.Add(reader.GetString(3));
        }
        lines.ShouldContain(step => step.StartsWith("SEARCH", StringComparison.Ordinal));
        TestContext.Current.TestOutputHelper?.WriteLine($"{string.Join("\n\n", commands.Seen.Select(command => command.Text))}\n\n{string.Join('\n', lines)}\n");
        return lines;
    }

    /// <summary>Commands of one context.</summary>
    sealed class Commands(DbContext context) : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        public List<(string Text, List<(string Name, object? Value)> Parameters)> Seen { get; } = [];

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == DbLoggerCategory.Name)
                value.Subscribe(this);
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value.Key == RelationalEventId.CommandExecuting.Name && value.Value is CommandEventData data && ReferenceEquals(data.Context, context))
                Seen.Add((data.Command.CommandText, [.. data.Command.Parameters.Cast<DbParameter>().Select(parameter => (parameter.ParameterName, parameter.Value))]));
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}

using Islet.ControlPlane.Artifacts;
using Islet.ControlPlane.Assets;
using Islet.ControlPlane.Audit;
using Islet.ControlPlane.Collection;
using Islet.ControlPlane.Crons;
using Islet.ControlPlane.Databases;
using Islet.ControlPlane.Deployments;
using Islet.ControlPlane.Domains;
using Islet.ControlPlane.Invitations;
using Islet.ControlPlane.Limits;
using Islet.ControlPlane.Nodes;
using Islet.ControlPlane.Organizations;
using Islet.ControlPlane.Projects;
using Islet.ControlPlane.Queues;
using Islet.ControlPlane.Retries;
using Islet.ControlPlane.Routing;
using Islet.ControlPlane.Secrets;
using Islet.ControlPlane.Storage;
using Islet.ControlPlane.Tokens;
using Islet.ControlPlane.Usage;
using Islet.ControlPlane.Variables;
using Islet.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane;

public static class ControlPlaneSetup
{
    /// <summary>
    /// Adds the control plane. The host configures <see cref="ControlPlaneOptions"/> and adds an
    /// <see cref="IIsolates"/> and the logs. Tables, first start and routes are ready before other hosted services start.
    /// </summary>
    public static IServiceCollection AddControlPlane(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<Node>();
        services.AddSingleton<Postgres>();
        services.AddSingleton<PrepareDatabase>();
        services.AddSingleton<RowsVersion>();
        services.AddDbContextPool<SqliteIsletDb>((provider, options) =>
            SqliteIsletDb.Configure(options, provider.GetRequiredService<IOptions<ControlPlaneOptions>>().Value.DataDirectory));
        services.AddDbContextPool<PostgresIsletDb>((provider, options) =>
            PostgresIsletDb.Configure(options, provider.GetRequiredService<Postgres>().Source));
        services.AddScoped<IsletDb>(provider => provider.GetRequiredService<Postgres>().IsUsed
            ? provider.GetRequiredService<PostgresIsletDb>()
            : provider.GetRequiredService<SqliteIsletDb>());

        services.AddSingleton<ControlPlaneStart>();
        services.AddHostedService(provider => provider.GetRequiredService<ControlPlaneStart>());
        services.AddHostedService<FollowChanges>();
        services.AddScoped<FirstStart>();
        services.AddScoped<Organizations.Organizations>();
        services.AddScoped<DeleteOrganization>();
        services.AddScoped<Members>();
        services.AddScoped<Invitations.Invitations>();
        services.AddScoped<AcceptInvitation>();
        services.AddSingleton<InvitationMail>();
        services.AddScoped<AuditLog>();
        services.AddScoped<AuditSearch>();
        services.AddSingleton<AuditRetention>();
        services.AddHostedService(provider => provider.GetRequiredService<AuditRetention>());

        services.AddSingleton<TokenCache>();
        services.AddSingleton<TokenUses>();
        services.AddHostedService(provider => provider.GetRequiredService<TokenUses>());
        services.AddSingleton<AuthenticateToken>();
        services.AddScoped<Tokens.Tokens>();

        services.AddScoped<Projects.Projects>();
        services.AddScoped<DeleteProject>();

        services.AddSingleton<AssetStore>();
        services.AddScoped<AssetIntake>();
        services.AddScoped<AssetQuota>();
        services.AddScoped<NegotiateAssets>();

        services.AddScoped<LimitSettings>();
        services.AddSingleton<SecretVault>();
        services.AddSingleton<KeptAnswers>();
        services.AddScoped<ProjectSecrets>();
        services.AddScoped<ProjectVariables>();
        services.AddScoped<WriteVariables>();
        services.AddScoped<DeploymentVariables>();
        services.AddScoped<ComposeSpec>();

        services.AddScoped<Deployments.Deployments>();
        services.AddScoped<DeploymentDetails>();
        services.AddScoped<ProductionDeployments>();
        services.AddScoped<CreateDeployment>();
        services.AddScoped<RedeployDeployment>();
        services.AddScoped<DeleteDeployment>();
        services.AddScoped<ClaimDeployment>();
        services.AddScoped<ActivateDeployment>();
        services.AddScoped<FailDeployment>();
        services.AddSingleton<BuildBell>();

        services.AddSingleton<Leftovers>();
        services.AddSingleton<CollectDeployments>();
        services.AddSingleton<CollectAssets>();
        services.AddHostedService<CollectLeftovers>();

        services.AddDomains();
        services.AddDatabases();
        services.AddCrons();
        services.AddSingleton<IQueueListeners, QueueListeners>();
        services.AddUsage();

        services.AddSingleton<ArtifactStore>();
        services.AddSingleton<ArtifactArchives>();
        services.AddSingleton<RoutePublisher>();
        services.AddSingleton<IRouteSource>(provider => provider.GetRequiredService<RoutePublisher>());
        return services;
    }
}

using Islet.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Islet.ControlPlane.Domains;

static class DomainsSetup
{
    /// <summary>A host that verifies or issues in another way adds its <see cref="IDomainVerifier"/> or <see cref="ICertificateIssuer"/> before.</summary>
    public static IServiceCollection AddDomains(this IServiceCollection services)
    {
        services.AddSingleton<HostNames>();
        services.AddScoped<HostOwnership>();
        services.AddScoped<AttachableHosts>();
        services.AddScoped<DomainViews>();
        services.AddScoped<Domains>();
        services.AddScoped<ProjectDomains>();
        services.AddScoped<VerifyDomain>();
        services.AddScoped<DeleteDomain>();
        services.AddScoped<AttachDomain>();
        services.AddScoped<AssociateDomain>();
        services.AddScoped<DomainCertificates>();
        services.AddSingleton<CertificatePublisher>();
        services.AddSingleton<ICertificateSource>(provider => provider.GetRequiredService<CertificatePublisher>());
        services.AddScoped<FirstHost>();
        services.TryAddSingleton<IDomainVerifier>(provider => provider.GetRequiredService<IOptions<DomainsOptions>>().Value.Verification == DomainsOptions.Trust
            ? new TrustingVerifier()
            : ActivatorUtilities.CreateInstance<DnsDomainVerifier>(provider, provider.GetRequiredService<INameLookup>()));
        services.TryAddSingleton<ICertificateIssuer>(provider => provider.GetRequiredService<IOptions<DomainsOptions>>().Value.Issuer == DomainsOptions.InternalIssuer
            ? ActivatorUtilities.CreateInstance<InternalIssuer>(provider)
            : new NoIssuer());
        return services;
    }
}

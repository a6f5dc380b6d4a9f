using Islet.Api.OpenApi;
using Islet.Api.Wire;
using Islet.ControlPlane.Domains;
using Islet.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Islet.Api.DenoDeploy;

using Domains = ControlPlane.Domains.Domains;

static class DomainEndpoints
{
    const string Tag = "domain";

    const string Certificate =
        """
        {
          "privateKey": "-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n",
          "certificateChain": "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n"
        }
        """;

    public static void Map(RouteGroupBuilder group)
    {
        group.MapRead("/organizations/{organizationId}/domains", List).WithMetadata(OfRowsOnly.Instance)
            .Describe("list_domains", Tag, "List domains of an organization").AnswersMany<DomainWire>().Sdk("organizations.domains.list")
            .Pages("Part of a domain", "updated_at", "domain", "created_at");
        group.MapPost("/organizations/{organizationId}/domains", Create)
            .Describe("create_domain", Tag, "Register a domain").Answers<DomainWire>()
            .Sdk("organizations.domains.create").Takes("CreateDomainRequest", """{ "domain": "*.example.com" }""")
            .Says("Registers a domain in an organization. Put its dnsRecords into DNS, then verify it.");
        group.MapRead("/domains/{domainId}", Get).WithMetadata(OfRowsOnly.Instance)
            .Describe("get_domain", Tag, "Get a domain").Answers<DomainWire>().Sdk("domains.get");
        group.MapPatch("/domains/{domainId}", Associate)
            .Describe("update_domain_association", Tag, "Lead a domain to a deployment, or nowhere")
            .Sdk("domains.update").Takes("UpdateDomainAssociationRequest", """{ "deploymentId": "rn3mjpwsw24d" }""")
            .Says("The older way to attach a domain: it verifies the domain when it is not verified yet.").Deprecated();
        group.MapDelete("/domains/{domainId}", Delete)
            .Describe("delete_domain", Tag, "Delete a domain").Sdk("domains.delete")
            .Says("Deployments lose the hosts that the domain covers; they have them back once it is registered and verified again.");
        group.MapPost("/domains/{domainId}/verify", Verify)
            .Describe("verify_domain", Tag, "Verify that a domain is the organization's").Sdk("domains.verify")
            .Says("May be asked again: once verified, it stays so.");
        group.MapPost("/domains/{domainId}/certificates", AddCertificate)
            .Describe("add_domain_certificate", Tag, "Upload a certificate")
            .Sdk("domains.certificates.create").Takes("AddDomainCertificateRequest", Certificate)
            .Says("The chain begins with the domain's own certificate. One certificate of each kind of key is kept.");
        group.MapPost("/domains/{domainId}/certificates/provision", Provision)
            .Describe("provision_domain_certificates", Tag, "Have certificates issued").Sdk("domains.certificates.provision")
            .Says("Answers when they are there, or with the reason why not.");
    }

    static async Task<IResult> List(string organizationId, HttpContext http, Domains domains, CancellationToken cancellation)
    {
        var query = ListQuery.Read(http.Request, "updated_at", "domain", "created_at");
        var order = query.Sort switch
        {
            "domain" => DomainOrder.Name,
            "created_at" => DomainOrder.CreatedAt,
            _ => DomainOrder.UpdatedAt,
        };
        var outcome = await domains.ListAsync(
            http.Caller(), PathIds.Organization(organizationId), query.Search, order, query.Descending, query.Page, cancellation);
        return outcome.IsRefused(out var refusal)
            ? DenoDeployErrors.Refused(refusal)
            : ApiJson.Ok(outcome.Value.Items.Select(DomainWire.Of), query.Links(http.Request, outcome.Value));
    }

    static async Task<IResult> Create(string organizationId, HttpContext http, Domains domains, BodyReader bodies, CancellationToken cancellation)
    {
        var organization = PathIds.Organization(organizationId);
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Values, cancellation);
        return Answer(await domains.CreateAsync(http.Caller(), organization, body.Root.Object().Required("domain").Text(), cancellation));
    }

    static async Task<IResult> Get(string domainId, HttpContext http, Domains domains, CancellationToken cancellation) =>
        Answer(await domains.GetAsync(http.Caller(), PathIds.Uuid(domainId, nameof(domainId)), cancellation));

    static async Task<IResult> Associate(string domainId, HttpContext http, AssociateDomain associate, BodyReader bodies, CancellationToken cancellation)
    {
        var id = PathIds.Uuid(domainId, nameof(domainId));
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Values, cancellation);
        DeploymentId? deployment = body.Root.Object().Optional("deploymentId")?.Text() is { } text ? PathIds.Deployment(text) : null;
        return Done(await associate.RunAsync(http.Caller(), id, deployment, cancellation));
    }

    static async Task<IResult> Delete(string domainId, HttpContext http, DeleteDomain delete, CancellationToken cancellation) =>
        Done(await delete.RunAsync(http.Caller(), PathIds.Uuid(domainId, nameof(domainId)), cancellation));

    static async Task<IResult> Verify(string domainId, HttpContext http, VerifyDomain verify, CancellationToken cancellation) =>
        Done(await verify.RunAsync(http.Caller(), PathIds.Uuid(domainId, nameof(domainId)), cancellation));

    static async Task<IResult> AddCertificate(
        string domainId, HttpContext http, DomainCertificates certificates, BodyReader bodies, CancellationToken cancellation)
    {
        var id = PathIds.Uuid(domainId, nameof(domainId));
        using var body = await bodies.ReadAsync(http.Request, BodyReader.Values, cancellation);
        var given = body.Root.Object();
        return Done(await certificates.AddAsync(
            http.Caller(), id, given.Required("privateKey").Text(), given.Required("certificateChain").Text(), cancellation));
    }

    static async Task<IResult> Provision(string domainId, HttpContext http, DomainCertificates certificates, CancellationToken cancellation) =>
        Done(await certificates.ProvisionAsync(http.Caller(), PathIds.Uuid(domainId, nameof(domainId)), cancellation));

    static IResult Answer(Outcome<DomainView> outcome) =>
        outcome.IsRefused(out var refusal) ? DenoDeployErrors.Refused(refusal) : ApiJson.Ok(DomainWire.Of(outcome.Value));

    static IResult Done(Refusal? refusal) => refusal is null ? ApiJson.Ok() : DenoDeployErrors.Refused(refusal);
}

using System.Text.Json.Nodes;
using Islet.ControlPlane.Invitations;
using Islet.ControlPlane.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Islet.Tests.Api;

public sealed class InvitationEndpointsTests(ApiHost server) : IClassFixture<ApiHost>
{
    const string Password = "correct horse battery";

    [Fact]
    public async Task A_new_person_takes_it_once_and_is_what_it_says()
    {
        using var islet = server.Islet();
        var invitation = await InviteAsync(islet, "New.Person@Example.com", "member");
        ((string)invitation["email"]!).ShouldBe("new.person@example.com");
        ((string)invitation["link"]!).ShouldEndWith($"/invitation#{invitation["token"]}");
        (await (await islet.GetAsync(Invitations)).Content.ReadAsStringAsync()).ShouldNotContain((string)invitation["token"]!);
        using var nobody = server.Client(token: null, "/islet/v1");

        var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => nobody.PostAsync("invitations/accept", Taking(invitation, "New Person"))));

        taken.Count(response => (int)response.StatusCode == 200).ShouldBe(1);
        var accepted = JsonNode.Parse(await taken.Single(response => (int)response.StatusCode == 200).Content.ReadAsStringAsync())!;
        ((string)accepted["organizationId"]!).ShouldBe(server.First.OrganizationId);
        using var person = server.Client((string)accepted["token"]!, "/islet/v1");
        var mine = (await ApiHost.OkAsync(person.GetAsync("organizations"))).AsArray().ShouldHaveSingleItem()!;
        ((string)mine["role"]!).ShouldBe("member");
        var members = await ApiHost.OkAsync(person.GetAsync($"organizations/{server.First.OrganizationId}/members?limit=100"));
        members.AsArray().ShouldContain(member => (string)member!["email"]! == "new.person@example.com" && (string)member["name"]! == "New Person");
        (await IsletDialect.RefusedAsync(404, nobody.PostAsync("invitations/accept", Taking(invitation, "Late")))).Code.ShouldBe("invitationNotFound");
    }

    [Fact]
    public async Task Who_has_a_user_takes_it_with_a_token_and_only_for_their_own_address()
    {
        using var islet = server.Islet();
        using var other = await server.JoinAsync("viewer");
        var second = await ApiHost.OkAsync(islet.PostAsync("organizations", ApiHost.Raw("""{"name":"second"}""")));
        var email = (string)(await ApiHost.OkAsync(other.GetAsync($"organizations/{server.First.OrganizationId}/members?limit=100"))).AsArray().Last()!["email"]!;
        var invitation = await ApiHost.OkAsync(islet.PostAsync($"organizations/{second["id"]}/invitations", Inviting(email, "admin")));
        using var nobody = server.Client(token: null, "/islet/v1");
        var (stranger, _) = await server.TenantAsync();
        using var __ = stranger;

        await IsletDialect.RefusedAsync(401, nobody.PostAsync("invitations/accept", Taking(invitation, "Thief")));
        await IsletDialect.RefusedAsync(403, stranger.PostAsync("invitations/accept", Taking(invitation)));
        var accepted = await ApiHost.OkAsync(other.PostAsync("invitations/accept", Taking(invitation)));

        accepted.AsObject().ContainsKey("token").ShouldBeFalse();
        (await ApiHost.OkAsync(other.GetAsync("organizations?sort=updated_at"))).AsArray().Select(item => (string)item!["role"]!).Order().ShouldBe(["admin", "viewer"]);
    }

    [Fact]
    public async Task A_revoked_replaced_or_late_one_leads_nowhere()
    {
        using var islet = server.Islet();
        using var nobody = server.Client(token: null, "/islet/v1");
        var replaced = await InviteAsync(islet, "again@example.com", "viewer");
        var revoked = await InviteAsync(islet, "again@example.com", "member");
        var late = await InviteAsync(islet, "late@example.com", "member");
        await using var scope = server.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<IsletDb>().Database.ExecuteSqlAsync(
            $"UPDATE \"Invitations\" SET \"ExpiresAt\" = 1 WHERE \"Email\" = {"late@example.com"}");

        await ApiHost.OkAsync(islet.DeleteAsync($"{Invitations}/{revoked["id"]}"));

        foreach (var invitation in (JsonNode[])[replaced, revoked, late])
            await IsletDialect.RefusedAsync(404, nobody.PostAsync("invitations/accept", Taking(invitation, "Late")));
        await IsletDialect.RefusedAsync(404, islet.DeleteAsync($"{Invitations}/{replaced["id"]}"));
        (await (await islet.GetAsync(Invitations)).Content.ReadAsStringAsync()).ShouldNotContain("late@example.com");
    }

    [Fact]
    public async Task The_answer_does_not_tell_whether_an_address_has_a_user()
    {
        using var islet = server.Islet();
        using var tenant = (await server.TenantAsync()).Client;
        var own = await ApiHost.OkAsync(tenant.PostAsync("organizations", ApiHost.Raw("""{"name":"curious"}""")));

        var known = await ApiHost.OkAsync(tenant.PostAsync($"organizations/{own["id"]}/invitations", Inviting(server.First.Email, "member")));
        var unknown = await ApiHost.OkAsync(tenant.PostAsync($"organizations/{own["id"]}/invitations", Inviting("nobody@localhost", "member")));

        Shape(known).ShouldBe(Shape(unknown));

        static string Shape(JsonNode invitation) => string.Join(',', invitation.AsObject().Select(member => $"{member.Key}:{member.Value?.GetValueKind()}"));
    }

    [Theory]
    [InlineData("a@b.example\r\nBcc: victim@example.com")]
    [InlineData("a@b.example,c@d.example")]
    [InlineData("A Person <a@b.example>")]
    [InlineData("a b@c.example")]
    [InlineData("a@b@c.example")]
    [InlineData("\"a\"@c.example")]
    [InlineData("a@[127.0.0.1]")]
    [InlineData("@c.example")]
    [InlineData("a@")]
    [InlineData("")]
    [InlineData("ä@c.example")]
    public async Task What_is_not_one_address_is_refused(string email)
    {
        using var islet = server.Islet();

        (await IsletDialect.RefusedAsync(400, islet.PostAsync(Invitations, Inviting(email, "member")))).Field.ShouldBe("email");
    }

    [Fact]
    public async Task Mail_goes_to_the_server_and_the_link_to_nobody_else()
    {
        using var islet = server.Islet();
        await using var smtp = new SmtpSink();
        var options = server.Services.GetRequiredService<IOptions<MailOptions>>().Value;
        var organization = await ApiHost.OkAsync(islet.PostAsync("organizations", ApiHost.Json(new JsonObject { ["name"] = "Bcc: x@example.com <b> =?utf-8?q?=0A?= é" })));
        options.Smtp = new Uri($"smtp://127.0.0.1:{smtp.Port}");
        try
        {
            var invitation = await ApiHost.OkAsync(islet.PostAsync($"organizations/{organization["id"]}/invitations", Inviting("mailed@example.com", "viewer")));

            ((bool)invitation["mailed"]!).ShouldBeTrue();
            invitation["token"].ShouldBeNull();
            invitation["link"].ShouldBeNull();
            var (recipients, message) = smtp.Received.ShouldHaveSingleItem();
            recipients.ShouldBe(["mailed@example.com"]);
            using var parsed = MimeKit.MimeMessage.Load(new MemoryStream(message));
            parsed.Subject.ShouldBe("Invitation to Bcc: x@example.com <b> = ?utf-8?q?=0A?= é");
            parsed.Bcc.ShouldBeEmpty();
            var text = parsed.TextBody!;
            var token = text[(text.IndexOf("/invitation#", StringComparison.Ordinal) + "/invitation#".Length)..][..44];
            using var nobody = server.Client(token: null, "/islet/v1");
            await ApiHost.OkAsync(nobody.PostAsync("invitations/accept", Taking(new JsonObject { ["token"] = token }, "By mail")));

            // a server that is not there: the link comes back instead
            options.Smtp = new Uri("smtp://127.0.0.1:1");
            var unsent = await ApiHost.OkAsync(islet.PostAsync($"organizations/{organization["id"]}/invitations", Inviting("unsent@example.com", "viewer")));
            ((bool)unsent["mailed"]!).ShouldBeFalse();
            unsent["token"].ShouldNotBeNull();
        }
        finally
        {
            options.Smtp = null;
        }
    }

    [Fact]
    public async Task Admins_neither_make_owners_nor_touch_them_and_the_last_owner_stays()
    {
        using var islet = server.Islet();
        var organization = await ApiHost.OkAsync(islet.PostAsync("organizations", ApiHost.Raw("""{"name":"roles"}""")));
        var path = $"organizations/{organization["id"]}";
        var people = new Dictionary<string, (HttpClient Client, string User)>(StringComparer.Ordinal);
        foreach (var role in (string[])["admin", "member"])
        {
            using var nobody = server.Client(token: null, "/islet/v1");
            var invitation = await ApiHost.OkAsync(islet.PostAsync($"{path}/invitations", Inviting($"{Guid.NewGuid():N}@example.com", role)));
            var accepted = await ApiHost.OkAsync(nobody.PostAsync("invitations/accept", Taking(invitation, role)));
            people[role] = (server.Client((string)accepted["token"]!, "/islet/v1"), (string)accepted["userId"]!);
        }
        var owner = (string)(await ApiHost.OkAsync(islet.GetAsync($"{path}/members")))[0]!["userId"]!;
        var (admin, member) = (people["admin"], people["member"]);
        using var _ = admin.Client;
        using var __ = member.Client;

        // 1 an admin
        await IsletDialect.RefusedAsync(403, admin.Client.PatchAsync($"{path}/members/{member.User}", Role("owner")));
        await IsletDialect.RefusedAsync(403, admin.Client.PatchAsync($"{path}/members/{owner}", Role("viewer")));
        await IsletDialect.RefusedAsync(403, admin.Client.DeleteAsync($"{path}/members/{owner}"));
        await IsletDialect.RefusedAsync(403, admin.Client.PostAsync($"{path}/invitations", Inviting("o@example.com", "owner")));
        await IsletDialect.RefusedAsync(403, admin.Client.DeleteAsync(path));
        await ApiHost.OkAsync(admin.Client.PatchAsync($"{path}/members/{member.User}", Role("viewer")));

        // 2 what was a member reads only, at once
        using var memberV1 = server.Client(member.Client.DefaultRequestHeaders.Authorization!.Parameter);
        await ApiHost.RefusedAsync(403, memberV1.PostAsync($"{path}/projects", ApiHost.Raw("{}")));
        await ApiHost.OkAsync(admin.Client.PatchAsync($"{path}/members/{member.User}", Role("member")));
        await ApiHost.OkAsync(memberV1.PostAsync($"{path}/projects", ApiHost.Raw("{}")));

        // 3 the only owner
        await IsletDialect.RefusedAsync(409, islet.PatchAsync($"{path}/members/{owner}", Role("admin")));
        await IsletDialect.RefusedAsync(409, islet.DeleteAsync($"{path}/members/{owner}"));
        await ApiHost.OkAsync(islet.PatchAsync($"{path}/members/{admin.User}", Role("owner")));
        await ApiHost.OkAsync(islet.DeleteAsync($"{path}/members/{owner}"));
        await IsletDialect.RefusedAsync(404, islet.GetAsync(path));

        // 4 who leaves loses the tokens made for it
        var narrow = await ApiHost.OkAsync(member.Client.PostAsync("tokens", ApiHost.Raw($$"""{"name":"x","scope":"organization","organizationId":"{{organization["id"]}}"}""")));
        await ApiHost.OkAsync(member.Client.DeleteAsync($"{path}/members/{member.User}"));
        using var gone = server.Client((string)narrow["token"]!, "/islet/v1");
        await IsletDialect.RefusedAsync(401, gone.GetAsync("organizations"));

        static StringContent Role(string role) => ApiHost.Json(new JsonObject { ["role"] = role });
    }

    [Fact]
    public async Task Two_owners_who_unmake_each_other_at_once_leave_one()
    {
        using var islet = server.Islet();
        for (var round = 0; round < 5; round++)
        {
            var organization = await ApiHost.OkAsync(islet.PostAsync("organizations", ApiHost.Raw("""{"name":"two"}""")));
            var path = $"organizations/{organization["id"]}";
            var invitation = await ApiHost.OkAsync(islet.PostAsync($"{path}/invitations", Inviting($"{Guid.NewGuid():N}@example.com", "owner")));
            using var nobody = server.Client(token: null, "/islet/v1");
            var accepted = await ApiHost.OkAsync(nobody.PostAsync("invitations/accept", Taking(invitation, "other")));
            using var other = server.Client((string)accepted["token"]!, "/islet/v1");
            var first = (string)(await ApiHost.OkAsync(islet.GetAsync($"{path}/members")))[0]!["userId"]!;

            await Task.WhenAll(
                islet.PatchAsync($"{path}/members/{accepted["userId"]}", ApiHost.Raw("""{"role":"viewer"}""")),
                other.PatchAsync($"{path}/members/{first}", ApiHost.Raw("""{"role":"viewer"}""")));

            (await ApiHost.OkAsync(islet.GetAsync($"{path}/members"))).AsArray().Count(member => (string)member!["role"]! == "owner").ShouldBe(1);
        }
    }

    string Invitations => $"organizations/{server.First.OrganizationId}/invitations";

    Task<JsonNode> InviteAsync(HttpClient islet, string email, string role) => ApiHost.OkAsync(islet.PostAsync(Invitations, Inviting(email, role)));

    static StringContent Inviting(string email, string role) => ApiHost.Json(new JsonObject { ["email"] = email, ["role"] = role });

    static StringContent Taking(JsonNode invitation, string? name = null)
    {
        var body = new JsonObject { ["token"] = (string)invitation["token"]! };
        if (name is not null)
            (body["name"], body["password"]) = (name, Password);
        return ApiHost.Json(body);
    }
}

using Islet.Contracts;

namespace Islet.Tests.Isolates;

public sealed class LeaseTests
{
    [Fact]
    public async Task A_leased_program_answers_in_the_visitors_terms()
    {
        await using var node = await IsolatesFixture.StartAsync();
        var spec = node.Program("Deno.serve((request, info) => Response.json([request.url, info.remoteAddr]));");

        var lease = await node.LeaseAsync(spec);

        var answer = await IsolatesFixture.GetAsync(lease, "/x?y=1", "[2001:db8::1]:99");
        answer.ShouldStartWith("HTTP/1.1 200 OK");
        answer.ShouldEndWith("""["https://app.example/x?y=1",{"transport":"tcp","hostname":"2001:db8::1","port":99}]""");
        lease.ColdStart.ShouldNotBeNull();
    }
}

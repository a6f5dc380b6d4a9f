using Islet.Gateway.Policy;
using Islet.Gateway.Slots;

namespace Islet.Gateway.Names;

/// <summary>
/// Answers one question of a slot:
/// 1 read → 2 permitted → 3 ours → 4 cached or asked outside → 5 public addresses only → 6 pinned.
/// </summary>
sealed class AnswerQuestion(OwnNames own, Upstream upstream, AnswerCache cache)
{
    /// <summary>Null: it was no question, and nothing is said. Does not throw for what a slot or a server sends.</summary>
    /// <param name="byUdp">The answer has to fit into what the slot takes by UDP.</param>
    public async ValueTask<byte[]?> RunAsync(Slot slot, ReadOnlyMemory<byte> message, bool byUdp, CancellationToken cancellation)
    {
        // 1 read
        if (!DnsQuery.TryRead(message.Span, out var query, out var code) || query is null)
            return code is { } error ? DnsWriter.Error(message.Span, error) : null;
        var limit = byUdp ? query.UdpSize : ushort.MaxValue;
        if (slot.Assignment is not { } assignment)
            return DnsWriter.Answer(query, DnsAnswer.Of(DnsCode.Refused), 0, limit);
        var counted = !OwnNames.IsService(query.Question.Name); // nobody is asked for these, and each Deno.openKv() needs one
        if (counted && !slot.TryBeginQuestion())
        {
            assignment.Decisions.Refused(query.Question.Name.Text, null, EgressRules.Questions);
            return DnsWriter.Answer(query, DnsAnswer.Of(DnsCode.ServerFailure), 0, limit);
        }

        try
        {
            var (answer, age) = await AnswerAsync(assignment, query, cancellation);
            return DnsWriter.Answer(query, answer, age, limit);
        }
        finally
        {
            if (counted)
                slot.EndQuestion();
        }
    }

    async ValueTask<(DnsAnswer Answer, uint Age)> AnswerAsync(Assignment assignment, DnsQuery query, CancellationToken cancellation)
    {
        var question = query.Question;

        // 2 permitted: services always are, transfers of zones and other classes never
        if (question.Class != DnsType.Internet || question.Type is DnsType.Axfr or DnsType.Ixfr)
            return (DnsAnswer.Of(DnsCode.Refused), 0);
        if (!OwnNames.IsService(question.Name) && !assignment.Net.AllowsName(question.Name.Text))
        {
            assignment.Decisions.Refused(question.Name.Text, null, EgressRules.PermissionsNet);
            return (DnsAnswer.Of(DnsCode.Refused), 0);
        }

        // 3 ours
        if (own.Find(question) is { } known)
        {
            Pin(assignment, question, known);
            return (known, 0);
        }

        // 4 cached or asked outside
        if (cache.Find(assignment.Spec.Project, query) is not var (answer, age))
        {
            if (await upstream.AskAsync(query, cancellation) is not { } asked)
                return (DnsAnswer.Of(DnsCode.ServerFailure), 0);
            cache.Keep(assignment.Spec.Project, query, asked);
            (answer, age) = (asked, 0);
        }

        // 5 public addresses only
        var kept = PublicAnswers.Of(answer, out var removed);
        foreach (var name in removed)
            assignment.Decisions.Refused(name.Text, question.Name.Text, EgressRules.PrivateAnswer);

        // 6 pinned
        Pin(assignment, question, kept);
        return (kept, age);
    }

    /// <summary>
    /// Under the name that was asked: that is the one the program knows. Only addresses that answer it, whatever else the
    /// server put beside them.
    /// </summary>
    static void Pin(Assignment assignment, DnsQuestion question, DnsAnswer answer)
    {
        if (question.Type is not (DnsType.A or DnsType.Aaaa or DnsType.Any) || !question.Name.IsHostName)
            return;
        foreach (var record in answer.Answers)
            if (record.Address is { } address)
                assignment.Names.Pin(question.Name.Text, address, TimeSpan.FromSeconds(record.Ttl));
    }
}

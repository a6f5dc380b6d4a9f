namespace Islet.Server.SelfTest;

enum Verdict
{
    /// <summary>The wall held, and everything around it is as it was.</summary>
    Held,

    /// <summary>The program got something it must not have, or the host shows its traces.</summary>
    Escaped,

    /// <summary>It got nothing, but did not end as it should, or a control did not work.</summary>
    Failed,

    /// <summary>What would have judged it is not in this build (<c>--lacks</c>).</summary>
    NotJudged,
}

sealed record AttackResult(Attack Attack, Verdict Verdict, string Detail);

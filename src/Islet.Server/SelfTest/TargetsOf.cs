using System.Text.Json;

namespace Islet.Server.SelfTest;

/// <summary>What an attack is told of its targets: the variable <c>ATTACK</c>, a JSON object.</summary>
sealed class TargetsOf(Tenants tenants, string canaryFile, string canaryWord, string publicWord, string mark, string data, string victimHost, string victimDeployment, string victimDatabase, string victimWord, string victimSecret, int serverProcess)
{
    public string VictimDeployment => victimDeployment;

    public string VictimWord => victimWord;

    public string Mark => mark;

    public Dictionary<string, string> Of(Attack attack) => new(StringComparer.Ordinal)
    {
        ["ATTACK"] = JsonSerializer.Serialize(new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["name"] = attack.Name,
            ["canaryFile"] = canaryFile,
            // backwards: what is told must not be found
            ["canaryDrow"] = Backwards(canaryWord),
            ["publicWord"] = publicWord,
            ["mark"] = mark,
            ["data"] = data,
            ["serveSockets"] = Slots().Select(slot => Path.Combine(slot, "io", "serve.sock")).ToArray(),
            ["serverProcess"] = serverProcess,
            ["victimHost"] = victimHost,
            ["victimDeployment"] = victimDeployment,
            ["victimDatabase"] = victimDatabase,
            ["victimDrow"] = Backwards(victimWord),
            ["secretsBackwards"] = new[] { Backwards(victimSecret), Backwards(tenants.Token) },
            ["organization"] = tenants.Organization,
            ["domain"] = ServerUnderAttack.Domain,
            ["port"] = ServerUnderAttack.Port,
            ["canaryPort"] = Canaries.Port,
            ["abstractSocket"] = Canaries.Abstract,
            ["serverV4"] = World.ServerV4,
            ["publicV4"] = World.PublicV4,
            ["publicV6"] = World.PublicV6,
            ["privateAddresses"] = World.PrivateAddresses,
        }),
        ["VISIBLE"] = "a variable of its own",
    };

    IEnumerable<string> Slots() => Directory.EnumerateDirectories(Path.Combine(data, "run", "slots"));

    static string Backwards(string text) => string.Concat(text.Reverse());
}

using System.Text.Json.Nodes;
using Islet.Api.Wire;

namespace Islet.Api.DenoDeploy;

/// <summary>CompilerOptions: the published members, each checked, and nothing else of what a client sends.</summary>
static class CompilerOptionsWire
{
    const int MaxText = 1000;
    const int MaxItems = 1000;

    static readonly string[] Texts = ["jsx", "jsxFactory", "jsxFragmentFactory", "jsxImportSource"];
    static readonly string[] Flags = ["experimentalDecorators", "emitDecoratorMetadata"];

    public static string Read(WireObject given)
    {
        var options = new JsonObject();
        foreach (var name in Texts)
            if (given.Optional(name) is { } value)
                options[name] = Text(value);
        foreach (var name in Flags)
            if (given.Optional(name) is { } value)
                options[name] = value.Flag();
        if (given.Optional("jsxPrecompileSkipElements") is { } list)
            options["jsxPrecompileSkipElements"] = List(list);
        return options.ToJsonString();
    }

    static JsonArray List(WireValue value)
    {
        var items = value.Items();
        if (items.Count > MaxItems)
            throw value.Bad($"must not have more than {MaxItems} elements");
        return [.. items.Select(item => (JsonNode)Text(item))];
    }

    static string Text(WireValue value)
    {
        var text = value.Text();
        return text.Length <= MaxText ? text : throw value.Bad($"must not have more than {MaxText} characters");
    }
}

using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Islet.Api.OpenApi;

/// <summary>
/// Schemas of the records that answers are written from: what is in them is in the document, and nothing else. Types
/// with a <see cref="ComponentAttribute"/> become components.
/// </summary>
sealed class SchemaOfType(IDictionary<string, JsonObject> components)
{
    static readonly NullabilityInfoContext Nullability = new();

    public JsonObject Of(Type type)
    {
        if (type.GetCustomAttribute<ComponentAttribute>()?.Name is not { } name)
            return Inline(type, nullability: null);
        if (!components.ContainsKey(name))
        {
            components[name] = []; // it may refer to itself
            components[name] = ObjectOf(type);
        }
        return Schemas.Ref(name);
    }

    JsonObject ObjectOf(Type type)
    {
        var members = new List<(string, JsonObject)>();
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            var nullability = NullabilityOf(property);
            var nullable = nullability.ReadState == NullabilityState.Nullable;
            var left = property.GetCustomAttribute<JsonIgnoreAttribute>()?.Condition == JsonIgnoreCondition.WhenWritingNull;
            members.Add((nullable ? name + "?" : name, Member(property, nullability, nullable && !left)));
        }
        return Schemas.Object([.. members]);
    }

    JsonObject Member(PropertyInfo property, NullabilityInfo nullability, bool nullable)
    {
        if (property.GetCustomAttribute<OfComponentAttribute>()?.Name is { } component)
            return nullable ? Schemas.NullableRef(component, "string") : Schemas.Ref(component);
        var schema = Inline(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType, nullability);
        if (!nullable)
            return schema;
        return schema.ContainsKey("$ref") ? Schemas.Nullable(schema, "object") : schema.Nullable();
    }

    JsonObject Inline(Type type, NullabilityInfo? nullability)
    {
        if (type == typeof(string))
            return Schemas.Text();
        if (type == typeof(Guid))
            return Schemas.Uuid();
        if (type == typeof(DateTimeOffset))
            return Schemas.Time();
        if (type == typeof(bool))
            return Schemas.Flag();
        if (type == typeof(int))
            return Schemas.Integer("int32");
        if (type == typeof(long))
            return Schemas.Integer("int64");
        if (type == typeof(double))
            return Schemas.Number();
        if (type == typeof(object))
            return [];
        if (MapValue(type) is { } value)
            return Schemas.Map(Item(value, nullability?.GenericTypeArguments.ElementAtOrDefault(1)));
        if (Element(type) is { } element)
            return Schemas.List(Item(element, nullability?.GenericTypeArguments.FirstOrDefault()));
        return type.GetCustomAttribute<ComponentAttribute>() is null ? ObjectOf(type) : Of(type);
    }

    JsonObject Item(Type type, NullabilityInfo? nullability)
    {
        var schema = Inline(Nullable.GetUnderlyingType(type) ?? type, nullability);
        return Nullable.GetUnderlyingType(type) is null ? schema : schema.Nullable();
    }

    static NullabilityInfo NullabilityOf(PropertyInfo property)
    {
        lock (Nullability) // it keeps what it has seen
            return Nullability.Create(property);
    }

    static Type? MapValue(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>) ? type.GetGenericArguments()[1] : null;

    static Type? Element(Type type) =>
        type.IsArray ? type.GetElementType()
        : type.IsGenericType && type.GetGenericTypeDefinition() is { } open && (open == typeof(IReadOnlyList<>) || open == typeof(IEnumerable<>)) ? type.GetGenericArguments()[0]
        : null;
}

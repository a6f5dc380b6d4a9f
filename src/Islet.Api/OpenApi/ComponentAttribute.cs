namespace Islet.Api.OpenApi;

/// <summary>Name of a type's schema in the document.</summary>
[AttributeUsage(AttributeTargets.Class)]
sealed class ComponentAttribute(string name) : Attribute
{
    public string Name => name;
}

/// <summary>The member has the schema of this component, whatever its type is.</summary>
[AttributeUsage(AttributeTargets.Property)]
sealed class OfComponentAttribute(string name) : Attribute
{
    public string Name => name;
}

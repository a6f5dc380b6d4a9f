using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;

namespace Islet.Api.OpenApi;

/// <summary>A parameter of the query.</summary>
sealed record QueryParameter(string Name, JsonObject Schema, string Description, bool Required);

/// <summary>What the published document says about an endpoint; metadata of its route.</summary>
sealed class ApiOperation(string id, string tag, string summary)
{
    readonly List<QueryParameter> query = [];
    readonly List<int> errors = [400, 401, 404];

    public string Id => id;

    public string Tag => tag;

    public string Summary => summary;

    public string? Description { get; private set; }

    public bool IsDeprecated { get; private set; }

    /// <summary>Component of the body; null: none is read.</summary>
    public string? Request { get; private set; }

    /// <summary>A body as JSON, for samples; ids and names of others are to be put into it.</summary>
    public string? Example { get; private set; }

    /// <summary>The body is an object a line.</summary>
    public bool TakesManyLines { get; private set; }

    /// <summary>The official client's call of it, such as <c>projects.get</c>; null: it has none.</summary>
    public string? SdkCall { get; private set; }

    /// <summary>Type of the answer; null: <see cref="Component"/> has its name, or it is <c>null</c> and means nothing.</summary>
    public Type? Answer { get; private set; }

    public string? Component { get; private set; }

    /// <summary>Of an answer that is no error.</summary>
    public int Status { get; private set; } = 200;

    public bool IsList { get; private set; }

    /// <summary>Also as an object a line.</summary>
    public bool IsStream { get; private set; }

    /// <summary>As an object a line and in no other form.</summary>
    public bool IsLines { get; private set; }

    /// <summary>Component of the header <c>Link</c>; null: there is none.</summary>
    public string? Link { get; private set; }

    public IReadOnlyList<QueryParameter> Query => query;

    public IReadOnlyList<int> Errors => errors;

    public ApiOperation Says(string description)
    {
        Description = description;
        return this;
    }

    public ApiOperation Deprecated()
    {
        IsDeprecated = true;
        return this;
    }

    public ApiOperation Takes(string component, string example)
    {
        (Request, Example) = (component, example);
        return this;
    }

    public ApiOperation TakesLines(string component, string example)
    {
        TakesManyLines = true;
        return Takes(component, example);
    }

    public ApiOperation Sdk(string call)
    {
        SdkCall = call;
        return this;
    }

    public ApiOperation Answers<T>()
    {
        Answer = typeof(T);
        return this;
    }

    /// <summary>Answers by 202, while what was asked for goes on.</summary>
    public ApiOperation Begins<T>()
    {
        Status = 202;
        return Answers<T>();
    }

    public ApiOperation Answers(string component)
    {
        Component = component;
        return this;
    }

    public ApiOperation AnswersMany<T>()
    {
        (Answer, IsList) = (typeof(T), true);
        return this;
    }

    public ApiOperation AnswersMany(string component)
    {
        (Component, IsList) = (component, true);
        return this;
    }

    public ApiOperation Streams(string component)
    {
        (Component, IsList, IsStream) = (component, true, true);
        return this;
    }

    public ApiOperation AnswersLines(string component)
    {
        (Component, IsLines) = (component, true);
        return this;
    }

    public ApiOperation Links(string component)
    {
        Link = component;
        return this;
    }

    public ApiOperation Asks(string name, JsonObject schema, string description, bool required = false)
    {
        query.Add(new(name, schema, description, required));
        return this;
    }

    public ApiOperation Fails(params ReadOnlySpan<int> statuses)
    {
        errors.AddRange(statuses);
        return this;
    }

    /// <summary>The parameters of every list, in pages.</summary>
    public ApiOperation Pages(string search, params string[] sorts) => this
        .Asks("page", Schemas.Integer(minimum: 1).Nullable().Default(1), "The page number")
        .Asks("limit", Schemas.Integer(minimum: 1, maximum: 100).Nullable().Default(20), "The most items a page has")
        .Asks("q", Schemas.Text().Nullable(), search)
        .Sorts(sorts);

    /// <summary>The same for lists that cannot be searched.</summary>
    public ApiOperation Pages(string sort) => this
        .Asks("page", Schemas.Integer(minimum: 1).Nullable().Default(1), "The page number")
        .Asks("limit", Schemas.Integer(minimum: 1, maximum: 100).Nullable().Default(20), "The most items a page has")
        .Sorts(sort);

    ApiOperation Sorts(params string[] sorts) => this
        .Asks("sort", Schemas.Text().Nullable(), $"What to sort by: {string.Join(", ", sorts)}. The default is {sorts[0]}")
        .Asks("order", Schemas.Text().Nullable(), "asc, which is the default, or desc")
        .Links("PaginationLinkHeader");
}

static class Describing
{
    /// <summary>Puts the endpoint into its dialect's document.</summary>
    public static ApiOperation Describe(this RouteHandlerBuilder endpoint, string id, string tag, string summary)
    {
        var operation = new ApiOperation(id, tag, summary);
        endpoint.WithMetadata(operation);
        return operation;
    }
}

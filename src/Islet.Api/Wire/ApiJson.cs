using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Islet.Api.Wire;

/// <summary>How our dialects write answers: camel case, times in UTC with microseconds.</summary>
static class ApiJson
{
    /// <summary>Without a charset: clients compare the header as a whole.</summary>
    public const string ContentType = "application/json";

    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { Converters = { new TimeConverter() } };

    /// <summary>200 with a value; void answers are <c>null</c>.</summary>
    public static IResult Ok<T>(T value, string? link = null) => Of(StatusCodes.Status200OK, value, link);

    public static IResult Ok() => Ok<object?>(null);

    public static IResult Of<T>(int status, T value, string? link = null) =>
        new JsonAnswer(status, JsonSerializer.SerializeToUtf8Bytes(value, Options), link);

    sealed class TimeConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
    }
}

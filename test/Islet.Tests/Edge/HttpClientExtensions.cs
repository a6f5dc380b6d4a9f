namespace Islet.Tests.Edge;

static class HttpClientExtensions
{
    /// <summary>The body, whatever the status.</summary>
    public static async Task<string> GetStringAnywayAsync(this HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path);
        return await answer.Content.ReadAsStringAsync();
    }
}

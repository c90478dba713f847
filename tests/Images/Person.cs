using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Bulkhead.TestSupport;

namespace Bulkhead.ImageTests;

/// <summary>Somebody with images, a trust policy and containers of their own, which are gone with them.</summary>
internal sealed class Person : IDisposable
{
    private readonly TempFolder _folder = new("im");
    private readonly Dictionary<string, string> _environment;

    public Person() => _environment = new()
    {
        ["BULKHEAD_DATA"] = _folder.Make("data"),
        ["BULKHEAD_TRUST"] = _folder["trust"],
        ["REGISTRY_AUTH_FILE"] = _folder["auth.json"],
    };

    public static string Program { get; } = Environment.GetEnvironmentVariable("BULKHEAD") is { Length: > 0 } named ? named : Path.Combine(Repository.Root, "out/bulkhead");

    public string Data => _folder["data"];

    public TempFolder Folder => _folder;

    public Outcome Type(params string[] words) => Command.Run([Program, .. words], "", _environment);

    /// <summary>run --rm of an image, its output.</summary>
    public string Run(string image, params string[] words) => Type(["run", "--rm", "-q", image, .. words]).Ok();

    public JsonElement Inspect(string image) => JsonDocument.Parse(Type("image", "inspect", image).Ok()).RootElement[0];

    public void Dispose()
    {
        string[] ids = [];
        try
        {
            ids = Type("ps", "-aq", "--no-trunc").Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (ids.Length > 0)
                Type(["rm", "-f", .. ids]).Ok();
        }
        finally
        {
            _folder.Dispose();
        }
        Assert.DoesNotContain(ids, id => Directory.Exists("/run/bulkhead/" + id));
    }
}

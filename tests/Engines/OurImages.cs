using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Bulkhead.TestSupport;

namespace Bulkhead.Engines;

/// <summary>bulkhead with a store of its own: what engines give it and get from it.</summary>
internal sealed class OurImages : IDisposable
{
    private static readonly string s_program = Environment.GetEnvironmentVariable("BULKHEAD") is { Length: > 0 } named ? named : Path.Combine(Repository.Root, "out/bulkhead");

    private readonly TempFolder _folder = new("oi");

    public string this[string name] => _folder[name];

    public string Do(params string[] words) =>
        Command.Run([s_program, .. words], "", new Dictionary<string, string> { ["BULKHEAD_DATA"] = _folder.Make("data"), ["BULKHEAD_TRUST"] = _folder["trust"] }).Ok();

    public string Run(string image, params string[] words) => Do(["run", "--rm", "-q", "--pull", "never", image, .. words]);

    /// <summary>Its id and the digests of its layers.</summary>
    public string Identity(string image)
    {
        using JsonDocument document = JsonDocument.Parse(Do("image", "inspect", image));
        JsonElement root = document.RootElement[0];
        return root.GetProperty("Id").GetString() + " " + JsonSerializer.Serialize(root.GetProperty("RootFS").GetProperty("Layers"));
    }

    public void Dispose() => _folder.Dispose();
}

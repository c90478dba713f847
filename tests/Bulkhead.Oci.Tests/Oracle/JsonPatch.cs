using System;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Bulkhead.Oci.Tests.Oracle;

/// <summary>Sets and removes by a path like linux.namespaces[0].type; the last index may be one past the end.</summary>
internal static class JsonPatch
{
    public static void Set(JsonNode document, string path, JsonNode? value)
    {
        (JsonNode parent, string last) = Walk(document, path);
        JsonNode? copy = value?.DeepClone();
        if (parent is not JsonArray array)
            parent[last] = copy;
        else if (int.Parse(last, CultureInfo.InvariantCulture) is int index && index == array.Count)
            array.Add(copy);
        else
            array[index] = copy;
    }

    public static void Remove(JsonNode document, string path)
    {
        (JsonNode parent, string last) = Walk(document, path);
        Assert.True(parent.AsObject().Remove(last), path);
    }

    private static (JsonNode Parent, string Last) Walk(JsonNode node, string path)
    {
        string[] steps = path.Replace("[", ".", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Split('.');
        for (int i = 0; i < steps.Length - 1; i++)
            node = (node is JsonArray array ? array[int.Parse(steps[i], CultureInfo.InvariantCulture)] : node[steps[i]]) ?? throw new ArgumentException(path);
        return (node, steps[^1]);
    }
}

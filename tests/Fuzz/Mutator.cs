using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bulkhead.Fuzz;

/// <summary>Changes inputs: bytes anywhere, words of the format, long repeats, and, where it is JSON, whole values.</summary>
internal sealed class Mutator(IReadOnlyList<byte[]> seeds, IReadOnlyList<byte[]> words)
{
    private const int Most = 1 << 20;

    private static readonly byte[] s_edges = [0, 1, 0x0a, 0x20, 0x22, 0x2d, 0x2e, 0x2f, 0x30, 0x3a, 0x5c, 0x7f, 0x80, 0xc0, 0xff];

    private static readonly string[] s_values =
    [
        "null", "true", "0", "-1", "1", "255", "65535", "65536", "4294967295", "9223372036854775807", "-9223372036854775808", "18446744073709551615", "1e400", "0.5",
        "\"\"", "\"/\"", "\"a\\nb\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\u001b[2J\"", "[]", "{}", "[{}]", "[\"\"]", "\"0-8191\"", "\"rbind\"",
    ];

    public byte[] Next(Random random)
    {
        byte[] input = Pick(random, seeds);
        if (random.Next(2) == 0 && Json(input, random) is byte[] changed)
            input = changed;
        for (int i = random.Next(input.Length == 0 ? 1 : 0, 5); i > 0; i--)
            input = Change(input, random);
        return input.Length > Most ? input[..Most] : input;
    }

    private static byte[] Pick(Random random, IReadOnlyList<byte[]> from) => from[random.Next(from.Count)];

    private byte[] Change(byte[] input, Random random)
    {
        int at = random.Next(input.Length + 1), length = random.Next(Math.Min(input.Length - at, 64) + 1);
        ReadOnlySpan<byte> head = input.AsSpan(0, at), part = input.AsSpan(at, length), tail = input.AsSpan(at + length), all = input.AsSpan(at);
        byte[] other = Pick(random, seeds);
        int from = random.Next(other.Length + 1);
        return random.Next(9) switch
        {
            0 => [.. head, (byte)random.Next(256), .. length == 0 ? all : all[1..]],
            1 => [.. head, s_edges[random.Next(s_edges.Length)], .. length == 0 ? all : all[1..]],
            2 => [.. head, .. tail],
            3 => [.. head, .. part, .. part, .. tail],
            4 => [.. head],
            5 => [.. head, .. other.AsSpan(from)],
            6 => [.. head, .. Repeat(part, random), .. tail],
            _ => words.Count == 0 ? [.. tail] : [.. head, .. Pick(random, words), .. random.Next(2) == 0 ? all : tail],
        };
    }

    /// <summary>Depth and length: brackets and other words, up to a hundred thousand times.</summary>
    private static byte[] Repeat(ReadOnlySpan<byte> part, Random random)
    {
        if (part.IsEmpty)
            return [];
        int times = random.Next(50) == 0 ? 100_000 / part.Length : random.Next(300);
        byte[] all = new byte[part.Length * times];
        for (int i = 0; i < all.Length; i += part.Length)
            part.CopyTo(all.AsSpan(i));
        return all;
    }

    private static byte[]? Json(byte[] input, Random random)
    {
        JsonNode? document;
        try
        {
            document = JsonNode.Parse(input);
            var places = new List<JsonNode>();
            Collect(document, places);
            for (int i = 1 + random.Next(3); i > 0 && places.Count > 0; i--)
                Replace(places[random.Next(places.Count)], places[random.Next(places.Count)], random);
            return document is null ? null : Encoding.UTF8.GetBytes(document.ToJsonString());
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private static void Collect(JsonNode? node, List<JsonNode> into)
    {
        if (node is null)
            return;
        if (node.Parent is not null)
            into.Add(node);
        foreach ((_, JsonNode? child) in node as JsonObject ?? [])
            Collect(child, into);
        foreach (JsonNode? child in node as JsonArray ?? [])
            Collect(child, into);
    }

    private static void Replace(JsonNode place, JsonNode other, Random random)
    {
        JsonNode? value = random.Next(3) == 0 ? other.DeepClone() : JsonNode.Parse(s_values[random.Next(s_values.Length)]);
        if (place.Parent is JsonArray array)
            array[array.IndexOf(place)] = value;
        else if (place.Parent is JsonObject members && random.Next(8) > 0)
            members[place.GetPropertyName()] = value;
        else
            place.Parent?.AsObject().Remove(place.GetPropertyName());
    }
}

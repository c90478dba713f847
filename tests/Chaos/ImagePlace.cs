using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Bulkhead.Chaos;

/// <summary>A command on images: what is killed, and what must hold after that.</summary>
/// <param name="Words">IMAGE and ARCHIVE stand for the origin's.</param>
/// <param name="Before">Empty: a store without images; "image": the image is there; "container": victim runs from it and has written /made, and both stay.</param>
/// <param name="After">This image is there when the command has succeeded.</param>
/// <param name="Done">What the same command may say the second time: the first had done it.</param>
internal sealed record ImageVerb(string Words, string Before = "", string After = "", string? Done = null)
{
    public const string Made = "localhost/made:1";

    public bool Stays => Before == "container";
}

/// <summary>A person's data folder for images, and for a container called victim.</summary>
internal sealed class ImagePlace(ImageOrigin origin) : IDisposable
{
    private readonly PeoplePlace people = new();
    private string? whole;

    private string Store => people.Data + "/images";

    public string[] Command(string words) => people.Command(Named(words));

    public void Prepare(ImageVerb verb)
    {
        if (verb.Before.Length == 0 || (verb.Stays && Do("exec victim /bin/true").Status == 0))
            return;
        Must("load -q -i ARCHIVE");
        if (!verb.Stays)
            return;
        Must("run -d --name victim --writable --as-root IMAGE /bin/sleep 1000");
        Must("exec victim /bin/touch /made");
    }

    /// <summary>Null: all is well after a kill.</summary>
    /// <param name="verb">What was killed.</param>
    /// <param name="pids">Its processes.</param>
    /// <param name="again">It is tried once more first; else its leavings are removed at once.</param>
    public string? Mend(ImageVerb verb, IEnumerable<int> pids, bool again)
    {
        List<string> left = verb.Stays ? HostView.StillAlive(pids) : people.Mend(pids) is { } failure ? [failure] : [];
        // A commit that was killed cannot let its container go on.
        if (verb.Stays)
            Expect(left, "unpause victim", "cannot resume a running");
        Listed(left);
        if (again)
        {
            Expect(left, verb.Words, verb.Done);
            if (verb.After.Length > 0)
                CheckImage(left, Named(verb.After));
            if (!verb.Stays && people.Mend([]) is { } more)
                left.Add(more);
        }
        if (verb.Stays)
            Expect(left, "rmi -f " + ImageVerb.Made, null);
        Expect(left, verb.Stays ? "image prune -f" : "image prune -af", null);
        CheckRest(left, verb.Stays);
        return left.Count == 0 ? null : string.Join(", ", left);
    }

    /// <summary>Null: nothing is left at the end.</summary>
    public string? End()
    {
        List<string> left = people.Mend([]) is { } failure ? [failure] : [];
        Expect(left, "image prune -af", null);
        CheckRest(left, stays: false);
        return left.Count == 0 ? null : string.Join(", ", left);
    }

    public void Dispose() => people.Dispose();

    private string Named(string words) => words.Replace("IMAGE", origin.Image, StringComparison.Ordinal).Replace("ARCHIVE", origin.Archive, StringComparison.Ordinal);

    private Ran Do(string words) => people.Do(Named(words));

    private void Must(string words)
    {
        Ran ran = Do(words);
        Assert.True(ran.Status == 0, words + ": " + ran.Errors);
    }

    private void Expect(List<string> left, string words, string? or)
    {
        Ran ran = Do(words);
        if (ran.Status != 0 && (or is null || !ran.Errors.Contains(or, StringComparison.Ordinal)))
            left.Add($"{words}: {ran.Status} {ran.Errors}");
    }

    /// <summary>What is listed after the kill is whole.</summary>
    private void Listed(List<string> left)
    {
        Ran ran = Do("images --format {{.Repository}}:{{.Tag}}");
        if (ran.Status != 0)
            left.Add("images: " + ran.Errors);
        foreach (string name in ran.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            CheckImage(left, name);
    }

    private void CheckImage(List<string> left, string name)
    {
        foreach (string blob in Entries("blobs/sha256"))
        {
            using FileStream content = File.OpenRead(blob);
            if (Convert.ToHexStringLower(SHA256.HashData(content)) != Path.GetFileName(blob))
                left.Add("damaged blob " + blob);
        }
        Ran ran = Do("image inspect " + name);
        if (ran.Status != 0)
        {
            left.Add($"image inspect {name}: {ran.Errors}");
            return;
        }
        JsonNode image = JsonNode.Parse(ran.Output)![0]!;
        string[] layers = [.. image["RootFS"]!["Layers"]!.AsArray().Select(layer => ((string)layer!)["sha256:".Length..] + "/tree")];
        string trees = Trees(layers);
        if (name != origin.Image)
        {
            if (layers.Length != 4 || !trees.Contains("\nmade f ", StringComparison.Ordinal))
                left.Add($"{name} is {trees}");
            return;
        }
        whole ??= trees;
        if ((string?)image["Manifest"] != origin.Digest || trees != whole)
            left.Add($"{name} is {image["Manifest"]}, not {origin.Digest}; its trees: {trees}; before: {whole}");
    }

    /// <summary>
    /// Names, kinds, modes, owners, targets, contents, and files' times: a directory that its layer has no entry for is as old as the unpacking, and so is a whiteout.
    /// </summary>
    private string Trees(string[] trees)
    {
        const string Script = """
            cd "$0" && find "$@" -mindepth 1 ! -type f -printf '%P %y %m %U:%G %l\n' -o -type f -printf '%P %y %m %U:%G %T@\n' | LC_ALL=C sort &&
            find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
            """;
        Ran ran = Ran.Run(["/bin/sh", "-c", Script, Store + "/layers", .. trees]);
        return ran.Output + ran.Errors;
    }

    private void CheckRest(List<string> left, bool stays)
    {
        // The image that stays: manifest, configuration and three layers; three trees; its name.
        foreach ((string folder, int count) in new[] { ("blobs/sha256", 5), ("layers", 3), ("names", 1), ("ingest", 0) })
        {
            if (Entries(folder) is { } entries && entries.Length != (stays ? count : 0))
                left.AddRange([$"{entries.Length} in {folder}", .. entries]);
        }
        left.AddRange(Array.FindAll(Entries(""), entry => Path.GetFileName(entry) is not ("blobs" or "ingest" or "layers" or "names" or "lock" or "version")));
        if (!stays)
            left.AddRange(HostView.Mounts(people.Data));
    }

    private string[] Entries(string name) => Directory.Exists(Store + "/" + name) ? Directory.GetFileSystemEntries(Store + "/" + name) : [];
}

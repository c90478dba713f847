using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Bulkhead.TestSupport;

namespace Bulkhead.ImageTests;

/// <summary>pull, push and run REGISTRY/IMAGE with a real registry, whose content other tools made.</summary>
public sealed class PullTests(LocalRegistry registry) : IDisposable
{
    private readonly Person _person = new();

    private static string Fresh(string name) => $"{LocalRegistry.Host}/{name}-{Guid.NewGuid():N}";

    /// <summary>By skopeo, from the docker-archive that Docker's own format is.</summary>
    private static string Filled(string name)
    {
        string image = Fresh(name) + ":1";
        using var made = new BusyboxImage();
        Command.Run("skopeo", "copy", "-q", "--dest-tls-verify=false", "docker-archive:" + made.ShellArchive, "docker://" + image).Ok();
        return image;
    }

    [Fact]
    public void RunPullsWhatIsMissingOnce()
    {
        string image = Filled("run");
        Outcome first = _person.Type("run", "--rm", image, "/bin/echo", "hello");
        Assert.Equal("hello", first.Ok());
        Assert.Contains(": Pulling ", first.Err, StringComparison.Ordinal);
        Outcome second = _person.Type("run", "--rm", image, "/bin/echo", "again");
        Assert.Equal(("again", ""), (second.Ok(), second.Err));
    }

    [Fact]
    public void PullSaysWhatItDid()
    {
        string image = Filled("pull");
        Outcome first = _person.Type("pull", image);
        string digest = _person.Inspect(image).GetProperty("Manifest").GetString()!;
        Assert.Equal($"Digest: {digest}\nStatus: Downloaded newer image for {image}\n{image}", first.Ok());
        Outcome again = _person.Type("pull", image);
        Assert.Equal($"Digest: {digest}\nStatus: Image is up to date for {image}\n{image}", again.Ok());
        Assert.Equal(image + "", _person.Type("pull", "-q", image).Ok());
        string byDigest = image[..image.LastIndexOf(':')] + "@" + digest;
        Assert.Equal(byDigest + "", _person.Type("pull", "-q", byDigest).Ok());
        // Setuid files of an image are for containers only.
        Assert.Equal("700", Command.Run("stat", "-c", "%a", _person.Data + "/images").Ok());
        Assert.Equal("by digest", _person.Run(byDigest, "/bin/echo", "by digest"));
    }

    [Fact]
    public void PoliciesOfPull()
    {
        string image = Filled("policy");
        Outcome never = _person.Type("run", "--rm", "--pull", "never", image, "/bin/true");
        Assert.Equal((125, $"bulkhead: no such image: {image} (--pull never was given)\n"), (never.ExitCode, never.Err));
        Assert.Contains("Already exists", _person.Run(image, "/bin/true") + _person.Type("run", "--rm", "--pull", "always", image, "/bin/true").Err, StringComparison.Ordinal);
        Assert.Equal(125, _person.Type("run", "--pull", "often", image).ExitCode);
    }

    /// <summary>The tag's new image is told, the old one stays without a name until it is pruned, and its container keeps it.</summary>
    [Fact]
    public void ATagThatMoved()
    {
        string image = Filled("moved");
        _person.Type("pull", "-q", image).Ok();
        string before = _person.Inspect(image).GetProperty("Manifest").GetString()!;
        _person.Type("run", "-d", "--name", "old", image, "/bin/sleep", "1000").Ok();
        var layout = new Layout(_person.Folder["other"]);
        string root = _person.Folder.Make("root");
        BusyboxImage.MakeRootFileSystem(root);
        layout.Add(root).Add(("etc/new", "new")).Finish("other");
        Command.Run("skopeo", "copy", "-q", "--dest-tls-verify=false", $"oci:{layout.Folder}:latest", "docker://" + image).Ok();
        Assert.Contains($"Moved: {image} was {before}", _person.Type("pull", image).Ok(), StringComparison.Ordinal);
        Assert.Equal(before, _person.Inspect(image).GetProperty("MovedFrom").GetString());
        Assert.Contains("<none>", _person.Type("images").Ok(), StringComparison.Ordinal);
        _person.Type("image", "prune", "-f").Ok();
        Assert.DoesNotContain("<none>", _person.Type("images").Ok(), StringComparison.Ordinal);
        Assert.Equal("still", _person.Type("exec", "old", "/bin/echo", "still").Ok());
        _person.Type("restart", "-t", "0", "old").Ok();
        _person.Type("rm", "-f", "old").Ok();
        _person.Type("image", "prune", "-f").Ok();
        Assert.False(File.Exists(_person.Data + "/images/blobs/sha256/" + before["sha256:".Length..]));
        Assert.Equal("new", _person.Run(image, "/bin/cat", "/etc/new"));
    }

    [Fact]
    public void PushedImagesAreReadByOthers()
    {
        string image = Filled("push"), other = Fresh("pushed") + ":2";
        _person.Type("pull", "-q", image).Ok();
        _person.Type("tag", image, other).Ok();
        string digest = _person.Inspect(image).GetProperty("Manifest").GetString()!;
        Assert.Equal(digest + "", _person.Type("push", "-q", other).Ok());
        Assert.Equal(digest, JsonDocument.Parse(Command.Run("skopeo", "inspect", "--tls-verify=false", "docker://" + other).Ok()).RootElement.GetProperty("Digest").GetString());
    }

    [Fact]
    public void AllTagsOfARepositoryGoAndCome()
    {
        string image = Filled("tags"), repository = Fresh("tagged");
        _person.Type("pull", "-q", image).Ok();
        foreach (string tag in (string[])["1", "2", "3"])
            _person.Type("tag", image, $"{repository}:{tag}").Ok();
        Outcome push = _person.Type("push", "--all-tags", repository);
        Assert.Equal(3, push.Ok().Split('\n').Count(line => line.Contains(": digest: sha256:", StringComparison.Ordinal)));
        Assert.Contains(": Pushing ", push.Err, StringComparison.Ordinal);
        Assert.Equal("1 2 3", string.Join(' ', _person.Type("image", "tags", "--format", "{{.Tag}}", repository).Ok().Split('\n').Order(StringComparer.Ordinal)));
        Assert.Single(_person.Type("image", "tags", "--limit", "1", "--format", "json", repository).Ok().Split('\n'));
        using var other = new Person();
        other.Type("pull", "-q", "--all-tags", repository).Ok();
        Assert.Equal(3, other.Type("images", "--format", "{{.Tag}}").Ok().Split('\n').Length);
        Outcome one = other.Type("pull", "--all-tags", repository + ":1");
        Assert.Equal((1, $"bulkhead: '{repository}:1' names one image: all tags are a repository's, so give its name without tag and digest\n"), (one.ExitCode, one.Err));
        Assert.Contains("there is no such repository", other.Type("image", "tags", Fresh("nothing")).Err, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("before=NEW", "old")]
    [InlineData("since=OLD", "new")]
    [InlineData("until=2026-01-02T00:00:00Z", "old")]
    [InlineData("until=2025-01-02T00:00:00Z", "")]
    [InlineData("reference=*/new", "new")]
    public void FiltersOfImagesAndPrune(string filter, string found)
    {
        foreach ((string name, string created) in (ReadOnlySpan<(string, string)>)[("old", "2026-01-01T00:00:00Z"), ("new", "2026-01-03T00:00:00Z")])
        {
            var layout = new Layout(_person.Folder[name]) { Created = created };
            layout.Add(("file", name)).Finish($"localhost/{name}:1");
            _person.Type("load", "-q", "-i", layout.Folder).Ok();
        }
        string chosen = filter.Replace("NEW", "localhost/new:1", StringComparison.Ordinal).Replace("OLD", "localhost/old:1", StringComparison.Ordinal);
        Assert.Equal(found.Length > 0 ? "localhost/" + found : "", _person.Type("images", "-a", "-f", chosen, "--format", "{{.Repository}}").Ok());
        _person.Type("image", "prune", "-a", "-f", "--filter", chosen).Ok();
        Assert.Equal(found.Length > 0 ? 1 : 2, _person.Type("images", "-q", "--no-trunc", "--format", "{{.Repository}}").Ok().Split('\n').Length);
        Assert.DoesNotContain("localhost/" + (found.Length > 0 ? found : "none"), _person.Type("images").Ok(), StringComparison.Ordinal);
    }

    /// <summary>A layer whose bytes were changed at the registry: no name, no layer, a line that says so.</summary>
    [Fact]
    public void ATamperedLayerIsNoImage()
    {
        string image = Filled("tampered");
        string manifest = Command.Run("skopeo", "inspect", "--raw", "--tls-verify=false", "docker://" + image).Ok();
        string layer = JsonDocument.Parse(manifest).RootElement.GetProperty("layers")[0].GetProperty("digest").GetString()!["sha256:".Length..];
        byte[] bytes = File.ReadAllBytes(registry.BlobPath(layer));
        byte[] good = (byte[])bytes.Clone();
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(registry.BlobPath(layer), bytes);
        try
        {
            Outcome pull = _person.Type("pull", image);
            Assert.NotEqual(0, pull.ExitCode);
            Assert.Contains("what came has the digest", pull.Err, StringComparison.Ordinal);
            Assert.Equal("", _person.Type("images", "-q").Ok());
            Assert.False(Directory.Exists(_person.Data + "/images/layers"));
        }
        finally
        {
            File.WriteAllBytes(registry.BlobPath(layer), good);
        }
        Assert.Equal("well", _person.Run(image, "/bin/echo", "well"));
    }

    /// <summary>Counted at the registry: each blob comes once.</summary>
    [Fact]
    public void TwoPullsAtOnceAreOneDownload()
    {
        string image = Fresh("twice") + ":1";
        var layout = new Layout(_person.Folder["three"]);
        layout.Add(("one", "1")).Add(("two", new string('2', 2_000_000))).Add(("three", "3")).Finish(image);
        Command.Run("skopeo", "copy", "-q", "--dest-tls-verify=false", $"oci:{layout.Folder}:latest", "docker://" + image).Ok();
        Task<Outcome>[] pulls = [Task.Run(() => _person.Type("pull", "-q", image)), Task.Run(() => _person.Type("pull", "-q", image)), Task.Run(() => _person.Type("pull", "-q", image))];
        Assert.All(pulls, pull => Assert.Equal(image, pull.Result.Ok()));
        string repository = image[(image.IndexOf('/', StringComparison.Ordinal) + 1)..image.LastIndexOf(':')];
        string[] gets = registry.Log.Split('\n').Where(line => line.Contains($"\"GET /v2/{repository}/blobs/", StringComparison.Ordinal)).ToArray();
        // The configuration and three layers.
        Assert.Equal(4, gets.Length);
        Assert.Equal(3, Directory.GetDirectories(_person.Data + "/images/layers").Length);
    }

    [Fact]
    public void SystemDfCountsWhatNothingNeeds()
    {
        string image = Filled("df");
        _person.Type("pull", "-q", image).Ok();
        Assert.Matches(@"^Images 1 0 \d+(\.\d+)?MB \d+(\.\d+)?MB \(100%\)$", Df("Images"));
        _person.Type("run", "-d", "--writable", "--as-root", image, "/bin/sh", "-c", "dd if=/dev/zero of=/made bs=1M count=3; sleep 1000").Ok();
        Poll.Until("3 MB written", () => Df("Containers").StartsWith("Containers 1 1 3.1", StringComparison.Ordinal));
        Assert.EndsWith("0B (0%)", Df("Images"), StringComparison.Ordinal);
        string Df(string type) => Array.Find(_person.Type("system", "df", "--format", "{{.Type}} {{.TotalCount}} {{.Active}} {{.Size}} {{.Reclaimable}}").Ok().Split('\n'), line => line.StartsWith(type, StringComparison.Ordinal))!;
    }

    [Fact]
    public void RmiTakesNamesAndThenContent()
    {
        string image = Filled("rmi");
        _person.Type("pull", "-q", image).Ok();
        _person.Type("tag", image, "second:1").Ok();
        _person.Type("run", "-d", "--name", "user", image, "/bin/sleep", "1000").Ok();
        Assert.Equal($"Untagged: {image}", _person.Type("rmi", image).Ok());
        Outcome used = _person.Type("rmi", "second:1");
        Assert.NotEqual(0, used.ExitCode);
        Assert.Contains("is in use by container user", used.Err, StringComparison.Ordinal);
        _person.Type("rm", "-f", "user").Ok();
        _person.Type("rmi", "second:1").Ok();
        Assert.Empty(Directory.GetFileSystemEntries(_person.Data + "/images/layers"));
        Assert.Empty(Directory.GetFileSystemEntries(_person.Data + "/images/blobs/sha256"));
        Assert.NotEqual(0, _person.Type("rmi", "second:1").ExitCode);
    }

    public void Dispose() => _person.Dispose();
}

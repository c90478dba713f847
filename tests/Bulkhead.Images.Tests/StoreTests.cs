using System;
using System.Collections.Concurrent;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Bulkhead.Images.Store;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;
using Bulkhead.TestSupport;

namespace Bulkhead.Images.Tests;

public sealed class StoreTests : IDisposable
{
    private static readonly byte[] s_content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 5000)));
    private static readonly Digest s_digest = Digest.Of(s_content);

    private readonly TempFolder _folder = new("store");

    private string Root => _folder["images"];

    private ContentStore Content => new(Root);

    private string Part => Root + "/ingest/" + s_digest.Hex;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Content_is_there_once_it_is_whole()
    {
        using BlobWriter writer = Content.Begin(s_digest, s_content.Length);
        writer.Write(s_content);
        Assert.False(Content.Has(s_digest));
        Assert.Null(Content.TryOpen(s_digest));
        writer.Commit();
        Assert.True(Content.Has(s_digest));
        Assert.Equal(s_content, Content.Read(s_digest, 1 << 20));
        Assert.False(File.Exists(Part));
        Assert.Equal([(s_digest, (long)s_content.Length)], Content.All());
        using BlobWriter again = Content.Begin(s_digest, s_content.Length);
        Assert.True(again.AlreadyThere);
        again.Commit();
    }

    [Fact]
    public void What_was_written_before_is_taken_up()
    {
        using (BlobWriter first = Content.Begin(s_digest, s_content.Length))
            first.Write(s_content.AsSpan(0, 1000));
        using BlobWriter second = Content.Begin(s_digest, s_content.Length);
        Assert.Equal(1000, second.Offset);
        second.Write(s_content.AsSpan(1000));
        second.Commit();
        Assert.Equal(s_content, Content.Read(s_digest, 1 << 20));
    }

    [Fact]
    public void A_registry_without_ranges_begins_anew()
    {
        using (BlobWriter first = Content.Begin(s_digest, s_content.Length))
            first.Write(s_content.AsSpan(0, 1000));
        using BlobWriter second = Content.Begin(s_digest, s_content.Length);
        second.Restart();
        Assert.Equal(0, second.Offset);
        second.Write(s_content);
        second.Commit();
        Assert.Equal(s_content, Content.Read(s_digest, 1 << 20));
    }

    [Fact]
    public void Other_content_never_gets_the_name()
    {
        byte[] other = [.. s_content];
        other[17] ^= 1;
        using (BlobWriter writer = Content.Begin(s_digest, s_content.Length))
        {
            writer.Write(other);
            Assert.Contains("what came has the digest " + Digest.Of(other), Assert.Throws<StepException>(writer.Commit).Message);
        }
        Assert.False(Content.Has(s_digest));
        Assert.False(File.Exists(Part));
        // Nor do a part that somebody spoiled, and one that is too long.
        File.WriteAllBytes(Part, other.AsSpan(0, 500));
        using (BlobWriter writer = Content.Begin(s_digest, s_content.Length))
        {
            writer.Write(s_content.AsSpan(500));
            Assert.Throws<StepException>(writer.Commit);
        }
        File.WriteAllBytes(Part, [.. s_content, 1]);
        using (BlobWriter writer = Content.Begin(s_digest, s_content.Length))
            Assert.Equal(0, writer.Offset);
    }

    [Fact]
    public void Too_little_and_too_much_are_refused()
    {
        using BlobWriter writer = Content.Begin(s_digest, s_content.Length);
        writer.Write(s_content.AsSpan(1));
        Assert.Contains($"{s_content.Length - 1} bytes came of the {s_content.Length}", Assert.Throws<StepException>(writer.Commit).Message);
        Assert.Contains($"more than the {s_content.Length} bytes came", Assert.Throws<StepException>(() => writer.Write([1, 2])).Message);
        Assert.Equal(0, writer.Offset);
    }

    [Fact]
    public void A_blob_of_another_size_is_replaced_and_a_damaged_one_is_not_read()
    {
        Content.Put(s_content);
        string blob = Root + "/blobs/sha256/" + s_digest.Hex;
        File.WriteAllBytes(blob, [.. s_content[..^1], (byte)'!']);
        Assert.Contains("is damaged", Assert.Throws<StepException>(() => Content.Read(s_digest, 1 << 20)).Message);
        File.WriteAllBytes(blob, []);
        Content.Put(s_content);
        Assert.Equal(s_content, Content.Read(s_digest, 1 << 20));
    }

    [Fact]
    public void Many_threads_bring_content_once()
    {
        var written = new ConcurrentBag<int>();
        var threads = Enumerable.Range(0, 20).Select(_ => new Thread(() =>
        {
            using BlobWriter writer = Content.Begin(s_digest, s_content.Length);
            if (writer.AlreadyThere)
                return;
            writer.Write(s_content.AsSpan((int)writer.Offset));
            writer.Commit();
            written.Add(1);
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Single(written);
    }

    [Fact]
    public void Many_threads_unpack_a_layer_once()
    {
        byte[] tar = new TarBuilder().File("a", "x").Done();
        var unpacked = new ConcurrentBag<bool>();
        var threads = Enumerable.Range(0, 20).Select(_ => new Thread(() => unpacked.Add(new LayerStore(Root).Unpack(new MemoryStream(tar), Digest.Of(tar))))).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Single(unpacked, made => made);
        Assert.Equal([Digest.Of(tar).Hex], Directory.GetDirectories(Root + "/layers").Select(Path.GetFileName));
    }

    [Fact]
    public async Task Who_comes_second_for_content_waits_and_finds_it()
    {
        using BlobWriter first = Content.Begin(s_digest, s_content.Length);
        first.Write(s_content.AsSpan(0, 1000));
        Task<bool> second = Task.Run(() =>
        {
            using BlobWriter writer = Content.Begin(s_digest, s_content.Length);
            return writer.AlreadyThere;
        }, TestContext.Current.CancellationToken);
        WaitForWaiter(Part);
        first.Write(s_content.AsSpan(1000));
        first.Commit();
        first.Dispose();
        Assert.True(await second);
    }

    [Fact]
    public async Task Who_comes_second_for_a_layer_waits_and_finds_it()
    {
        byte[] tar = new TarBuilder().File("a", "x").Done();
        string file = _folder["tar"], fifo = _folder["fifo"], made = Root + "/layers/.new-" + Digest.Of(tar).Hex;
        File.WriteAllBytes(file, tar);
        Command.Run("mkfifo", fifo).Ok();
        Task<bool> first = Task.Run(() =>
        {
            using FileStream slow = new(fifo, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return new LayerStore(Root).Unpack(slow, Digest.Of(tar));
        }, TestContext.Current.CancellationToken);
        using (FileStream end = new(fifo, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            Poll.Until("the first has begun", () => Directory.Exists(made + "/tree"));
            Task<bool> second = Task.Run(() => new LayerStore(Root).Unpack(Stream.Null, Digest.Of(tar)), TestContext.Current.CancellationToken);
            WaitForWaiter(made);
            end.Write(tar);
            end.Close();
            Assert.True(await first);
            Assert.False(await second);
        }
    }

    /// <summary>Descriptors and threads of the process before and after 50 layers, half of them refused.</summary>
    [Fact]
    public void Nothing_stays_open()
    {
        void Round(int number)
        {
            byte[] tar = new TarBuilder().File("a/b/c", "x" + number).HardLink("d/e", "a/b/c").File("a/b/c", "y").Done();
            new LayerStore(Root).Unpack(new MemoryStream(tar), Digest.Of(tar));
            Assert.Throws<StepException>(() => new LayerStore(Root).Unpack(new MemoryStream(tar), Digest.Of([(byte)number])));
        }

        int Ours() => Directory.GetFiles("/proc/self/fd").Count(fd => new FileInfo(fd).LinkTarget?.StartsWith(_folder.FullPath, StringComparison.Ordinal) == true);
        for (int i = 0; i < 50; i++)
            Round(i);
        Assert.Equal(0, Ours());
        Assert.DoesNotContain(Directory.GetDirectories("/proc/self/task"), task => File.ReadAllText(task + "/comm").Trim() is "unpack" or "hash" && Ours() > 0);
    }

    [Fact]
    public void A_store_of_a_later_version_or_of_others_is_refused()
    {
        Content.Put(s_content);
        Assert.Equal("1\n", File.ReadAllText(Root + "/version"));
        File.WriteAllText(Root + "/version", "2\n");
        Assert.Contains("is a store of version '2', and this program knows 1 only", Assert.Throws<StepException>(() => Content.Has(s_digest)).Message);
        File.WriteAllText(Root + "/version", "1\n");
        Command.Run("chmod", "777", Root).Ok();
        Assert.Contains("can be written by others", Assert.Throws<StepException>(() => Content.Has(s_digest)).Message);
        Command.Run("chmod", "700", Root).Ok();
        Assert.True(Content.Has(s_digest));
    }

    [Fact]
    public void Names_are_replaced_as_a_whole_and_what_they_meant_stays()
    {
        var names = new ImageNames(Root);
        const string Latest = "docker.io/library/x:latest";
        Digest one = Digest.Of([1]), two = Digest.Of([2]);
        Assert.Null(names.Get(Latest));
        Assert.Null(names.Put(Image(Latest, one)).Previous);
        Assert.Null(names.Put(Image(Latest, one)).Previous);
        Assert.Equal(one.Text, names.Put(Image(Latest, two)).Previous);
        Assert.Equal(one.Text, names.Get(Latest)!.Previous);
        Assert.Equal([(Latest, two.Text), ("", one.Text)], names.All().Select(image => (image.Reference, image.Target.Digest)));
        names.Put(Image(Latest, one));
        Assert.Equal([(Latest, one.Text), ("", two.Text)], names.All().Select(image => (image.Reference, image.Target.Digest)));
        Assert.Equal(one.Text, names.Remove(Latest)!.Target.Digest);
        Assert.True(names.RemoveUntagged(two));
        Assert.Empty(names.All());
        Assert.Empty(Directory.GetFiles(Root + "/names"));
    }

    /// <summary>Somebody waits for a lock on it (proc_locks(5): a waiter's line has an arrow).</summary>
    internal static void WaitForWaiter(string path)
    {
        string inode = Command.Run("stat", "-c", "%i", path).Ok().Trim();
        Poll.Until("a waiter for " + path, () => File.ReadLines("/proc/locks").Any(line => line.Contains("->", StringComparison.Ordinal) && line.Contains(":" + inode + " ", StringComparison.Ordinal)));
    }

    internal static NamedImage Image(string reference, Digest target) => new()
    {
        Reference = reference,
        Target = new Descriptor { MediaType = MediaTypes.Manifest, Digest = target.Text, Size = 1 },
        Manifest = target.Text,
        Pulled = "2026-11-29T00:00:00Z",
    };
}

using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>Who else changes the files: what the kernel keeps of names and attributes, and what it must not.</summary>
public sealed class FileAccessTests
{
    /// <summary>Of the root with shared: what the host's own kernel shows (an overlay may hide what is changed beneath it).</summary>
    [Theory]
    [InlineData("shared", "shared")]
    [InlineData("exclusive", "shared")]
    [InlineData("exclusive", "exclusive")]
    public void WhatTheHostChangesIsSeenWhereItIsShared(string root, string volumes)
    {
        using var person = new Person();
        string tree = Tree(person), volume = person.Make("volume");
        string[] words = ["--file-access", root, "--file-access-mounts", volumes, "-v", volume + ":/volume", "--rootfs", tree, "sleep", "1000"];
        person.Run("userkernel", ["-d", "--name", "it", .. words]).Ok();
        person.Run("hardened", ["-d", "--name", "native", .. words]).Ok();
        File.WriteAllText(volume + "/old", "old");
        File.CreateSymbolicLink(volume + "/link", "one");
        foreach (string folder in (string[])["/place", "/volume"])
            Assert.Equal(("1 0 3 one", "1 0 3 one"), (Look(person, "it", folder), Look(person, "native", folder)));
        foreach (string folder in (string[])[tree + "/place", volume])
        {
            File.WriteAllText(folder + "/new", "new");
            File.WriteAllText(folder + "/old", "longer");
            File.Delete(folder + "/link");
            File.CreateSymbolicLink(folder + "/link", "two");
        }
        Assert.Equal("0 0 6 two", Look(person, "native", "/volume"));
        Assert.Equal(volumes == "shared" ? "0 0 6 two" : "1 0 6 one", Look(person, "it", "/volume"));
        Assert.Equal(root == "shared" ? Look(person, "native", "/place") : "1 0 3 one", Look(person, "it", "/place"));
    }

    [Fact]
    public void CpIntoARunningContainerIsSeen()
    {
        using var person = new Person();
        person.Run("userkernel", "-d", "--name", "it", "--writable", "--rootfs", Tree(person), "sleep", "1000").Ok();
        File.WriteAllText(person.At("sent"), "sent");
        Assert.Equal("1", In(person, "test -e /place/sent; echo $?"));
        person.Do("cp", person.At("sent"), "it:/place/sent").Ok();
        Assert.Equal("0 sent", In(person, "test -e /place/sent; echo $?; cat /place/sent"));
        Assert.Equal("1", In(person, "test -e /tmp/sent; echo $?"));
        person.Do("cp", person.At("sent"), "it:/tmp/sent").Ok();
        Assert.Equal("0", In(person, "test -e /tmp/sent; echo $?"));
    }

    [Fact]
    public void OtherWordsAreRefused()
    {
        using var person = new Person();
        Assert.Contains("--file-access: 'some' is not exclusive or shared", person.Run("userkernel", "--file-access", "some", "--rootfs", Roots.Busybox, "true").Exits(125), System.StringComparison.Ordinal);
    }

    private static string Tree(Person person)
    {
        string tree = person.Make("tree");
        Command.Run("cp", "-a", Roots.Busybox + "/.", tree).Ok();
        Directory.CreateDirectory(tree + "/place");
        File.WriteAllText(tree + "/place/old", "old");
        File.CreateSymbolicLink(tree + "/place/link", "one");
        return tree;
    }

    private static string Look(Person person, string name, string folder) =>
        In(person, $"for f in new old; do test -e {folder}/$f; echo $?; done; stat -c %s {folder}/old; readlink {folder}/link", name);

    private static string In(Person person, string script, string name = "it") => person.Do("exec", name, "sh", "-c", script).Ok().Replace('\n', ' ').Trim();
}

using System.IO;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.TestSupport;

namespace Bulkhead.Workloads.Tests;

public sealed class TreesTests
{
    /// <summary>More levels than a process may have descriptors (and more than a stack has room for); two branches on some of them.</summary>
    [Fact]
    public void A_tree_of_any_depth_is_removed()
    {
        using var folder = new TempFolder("deep", inMemory: true);
        string top = folder.Make("top");
        Fd at = Sys.OpenAt(Fd.Cwd, top, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY).OrThrow("open", top);
        for (int level = 0; level < 30_000; level++)
        {
            if (level % 1000 == 0)
                Assert.Equal(Errno.None, Sys.MkdirAt(at, "branch", 0x1C0));
            Assert.Equal(Errno.None, Sys.MkdirAt(at, "d", 0x1C0));
            Fd below = Sys.OpenAt(at, "d", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY).OrThrow("open", "d");
            at.Dispose();
            at = below;
        }
        at.Dispose();
        Trees.Remove(top);
        Assert.False(Directory.Exists(top));
    }

    [Fact]
    public void Links_are_removed_and_not_followed()
    {
        using var folder = new TempFolder("links");
        string top = folder.Make("top"), outside = folder.Make("outside");
        File.WriteAllText(outside + "/kept", "");
        File.CreateSymbolicLink(top + "/link", outside);
        Trees.Remove(top);
        Assert.False(Directory.Exists(top));
        Assert.True(File.Exists(outside + "/kept"));
    }
}

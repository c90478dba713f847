using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>That call sites are rewritten; that nobody can tell is shown by the cases of tests/Differential/cases/rewritten.c.</summary>
public sealed class RewritingTests
{
    /// <summary>The default profile has a say in some calls, and leaves the rest to the gate.</summary>
    [Fact]
    public void TheDefaultProfileLeavesThemAlone()
    {
        using var person = new Person();
        string root = Hostile.Root(person, "jumps");
        Command.Run("gcc", "-O1", "-static", "-pthread", "-o", root + "/bin/rewriting", Path.Combine(Repository.Root, "tests/UserKernel/rewriting.c")).Ok();

        Assert.DoesNotContain("as it was", person.Run("userkernel", "--rootfs", root, "/bin/rewriting").Ok(), System.StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", "jump")]
    [InlineData("0", "as it was")]
    public void SitesThatAreUsedAgainBecomeJumps(string rewriting, string expected)
    {
        using var person = new Person();
        string root = person.Make("root");
        Directory.CreateDirectory(root + "/bin");
        Command.Run("chmod", "755", root).Ok();
        Command.Run("gcc", "-O1", "-static", "-pthread", "-o", root + "/bin/rewriting", Path.Combine(Repository.Root, "tests/UserKernel/rewriting.c")).Ok();
        string kernel = Path.Combine(Repository.Root, "out/bulkhead-kernel");

        string output = Command.Run("setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups", kernel, "--root", root, "--rewriting", rewriting, "--", "/bin/rewriting").Ok();

        Assert.Equal($"mov: {expected}\nlong: {expected}\nread: {expected}\nany: {expected}\nlea: {expected}\nrelative: {expected}\nbeside another thread: {expected}", output);
    }
}

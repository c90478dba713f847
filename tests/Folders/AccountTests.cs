using System;
using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.Folders;

/// <summary>What programs find of their user in a root file system that does not know it.</summary>
public sealed class AccountTests
{
    private const string Ask = "id -un; id -gn; echo $HOME; tail -n 1 /etc/passwd; tail -n 1 /etc/group";

    [Theory]
    [InlineData("", "nonroot\nnonroot\n/tmp\nnonroot:x:65532:65532:nonroot:/tmp:/bin/sh\nnonroot:x:65532:")]
    [InlineData("-u 4000:4001", "4000\n4001\n/tmp\n4000:x:4000:4001:4000:/tmp:/bin/sh\n4001:x:4001:")]
    [InlineData("-u worker", "worker\n778\n/\nworker:x:777:778:worker:/:/bin/sh\n778:x:778:")]
    [InlineData("-u app", "app\napp\n/tmp\nworker:x:777:778:worker:/:/bin/sh\napp:x:1000:")]
    [InlineData("--as-root", "root\nroot\n/root\nworker:x:777:778:worker:/:/bin/sh\napp:x:1000:")]
    public void AUserHasAName(string flags, string wanted)
    {
        string before = File.ReadAllText(Host.Root + "/etc/passwd") + File.ReadAllText(Host.Root + "/etc/group");
        Assert.Equal(wanted, Run(flags, Ask).Ok());
        Assert.Equal(before, File.ReadAllText(Host.Root + "/etc/passwd") + File.ReadAllText(Host.Root + "/etc/group"));
    }

    /// <summary>adduser replaces the file by rename, which a mount would refuse.</summary>
    [Fact]
    public void AWritableRootKeepsItsOwnFiles() =>
        Assert.Equal("replaced", Run("--writable --as-root", "cp /etc/passwd /etc/p; mv /etc/p /etc/passwd && echo replaced").Ok());

    /// <summary>A link in the root file system leads nowhere outside, and the file stays small.</summary>
    [Theory]
    [InlineData("ln -s /etc/shadow etc/passwd")]
    [InlineData("ln -s ../../../../../../etc/shadow etc/passwd")]
    [InlineData("mkdir etc/passwd")]
    [InlineData("true")]
    public void AHostilePasswdIsNotRead(string make)
    {
        string root = Host.MakeFolder("ext4", "0:0");
        try
        {
            Host.Shell($"cp -a {Host.Root}/. {root}; cd {root}; rm etc/passwd; {make}").Ok();
            Assert.Equal("65532", Host.Bulkhead("run", "--rm", "--rootfs", root, "/bin/sh", "-c", "id -u; [ ! -f /etc/passwd ] || cat /etc/passwd").Ok());
        }
        finally
        {
            Host.Shell("rm -rf " + root).Ok();
        }
    }

    /// <summary>The runtime does not wait for somebody to write into it; a shell would.</summary>
    [Fact]
    public void AFifoForPasswdIsNotOpened()
    {
        string root = Host.MakeFolder("ext4", "0:0");
        try
        {
            Host.Shell($"cp -a {Host.Root}/. {root}; cd {root}; rm etc/passwd; mkfifo etc/passwd").Ok();
            Host.Bulkhead("run", "--rm", "--rootfs", root, "/bin/true").Ok();
        }
        finally
        {
            Host.Shell("rm -rf " + root).Ok();
        }
    }

    /// <summary>Folders that a root file system has in /run are there, and the user's; links in it lead nowhere.</summary>
    [Fact]
    public void FoldersInRunAreTheUsers()
    {
        string root = Host.MakeFolder("ext4", "0:0");
        try
        {
            Host.Shell($"cp -a {Host.Root}/. {root}; cd {root}/run; mkdir server; touch file; ln -s /etc link; for i in $(seq 20); do mkdir z$i; done").Ok();
            Assert.Equal("8\n65532:65532:755\n65532:65532:755\nok", Host.Bulkhead("run", "--rm", "--rootfs", root, "/bin/sh", "-c",
                "ls /run | wc -l; stat -c %u:%g:%a /run /run/server; touch /run/server/x && echo ok").Ok());
            Assert.Equal("it", Host.Bulkhead("run", "--rm", "--rootfs", root, "--tmpfs", "/run/server:mode=700", "/bin/sh", "-c", "[ $(stat -c %a /run/server) = 700 ] && echo it").Ok());
        }
        finally
        {
            Host.Shell("rm -rf " + root).Ok();
        }
    }

    private static Outcome Run(string flags, string script) =>
        Host.Bulkhead(["run", "--rm", "--rootfs", Host.Root, .. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries), "/bin/sh", "-c", script]);
}

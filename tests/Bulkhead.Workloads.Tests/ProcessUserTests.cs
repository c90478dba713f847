using System.IO;
using Bulkhead.Linux;
using Bulkhead.TestSupport;
using Bulkhead.Workloads.Compose;

namespace Bulkhead.Workloads.Tests;

public sealed class ProcessUserTests
{
    private const string Passwd = "root:x:0:0:root:/root:/bin/sh\nweb:x:33:34:web:/var/www:/bin/sh\nhuge:x:4294967295:1::/:/x\nbad:x:y:z::/:/x\nshort:x:1\n";
    private const string Group = "root:x:0:\nadm:x:4:web,other\nweb:x:34:\nextra:x:50:other,web\n";

    [Theory]
    [InlineData(null, 65532, 65532, "", null)]
    [InlineData("web", 33, 34, "4,50", "/var/www")]
    [InlineData("33", 33, 34, "4,50", "/var/www")]
    [InlineData("web:adm", 33, 4, "", "/var/www")]
    [InlineData("web:7", 33, 7, "", "/var/www")]
    [InlineData("1234", 1234, 1234, "", null)]
    [InlineData("1234:web", 1234, 34, "", null)]
    [InlineData("root", 0, 0, "", "/root")]
    public void Names_are_those_of_the_root_file_system(string? asked, uint uid, uint gid, string groups, string? home)
    {
        using TempFolder folder = MakeRoot();
        ProcessUser user = ProcessUser.Resolve(new WorkloadOptions { Rootfs = folder.FullPath, Command = ["x"], User = asked });
        Assert.Equal((uid, gid, groups, home), (user.Uid, user.Gid, string.Join(',', user.Groups), user.Home));
    }

    [Theory]
    [InlineData("nobody-here")]
    [InlineData("web:nogroup-here")]
    [InlineData("65536")]
    [InlineData("-1")]
    [InlineData("huge")]
    [InlineData("bad")]
    [InlineData("")]
    public void What_is_nobody_is_refused_by_name(string asked)
    {
        using TempFolder folder = MakeRoot();
        StepException error = Assert.Throws<StepException>(() => ProcessUser.Resolve(new WorkloadOptions { Rootfs = folder.FullPath, Command = ["x"], User = asked }));
        Assert.StartsWith($"--user {asked}", error.Message);
    }

    [Fact]
    public void A_passwd_that_points_at_the_hosts_is_read_inside()
    {
        using TempFolder folder = MakeRoot();
        File.Delete(folder.FullPath + "/etc/passwd");
        File.CreateSymbolicLink(folder.FullPath + "/etc/passwd", "/../../../../../../etc/passwd.inside");
        File.WriteAllText(folder.FullPath + "/etc/passwd.inside", "inside:x:77:77::/:/x\n");
        Assert.Equal(77u, ProcessUser.Resolve(new WorkloadOptions { Rootfs = folder.FullPath, Command = ["x"], User = "inside" }).Uid);
    }

    [Fact]
    public void A_fifo_in_the_place_of_passwd_is_no_passwd()
    {
        using TempFolder folder = MakeRoot();
        File.Delete(folder.FullPath + "/etc/passwd");
        Assert.Equal(Errno.None, Sys.MkfifoAt(Fd.Cwd, folder.FullPath + "/etc/passwd", 0x1FF));
        Assert.Equal(5u, ProcessUser.Resolve(new WorkloadOptions { Rootfs = folder.FullPath, Command = ["x"], User = "5" }).Uid);
    }

    private static TempFolder MakeRoot()
    {
        var folder = new TempFolder("user");
        Directory.CreateDirectory(folder.FullPath + "/etc");
        File.WriteAllText(folder.FullPath + "/etc/passwd", Passwd);
        File.WriteAllText(folder.FullPath + "/etc/group", Group);
        return folder;
    }
}

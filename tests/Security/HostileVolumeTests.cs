using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;

namespace Bulkhead.Security;

/// <summary>
/// A folder of the host with things in it that a container must not use: device nodes, a socket that somebody of the host listens at, links that lead out, programs
/// with rights of their own. Each is opened, read, written, executed; nothing waits for ever.
/// </summary>
public sealed class HostileVolumeTests : IDisposable
{
    private const string Opened = "opened";

    /// <summary>A shell makes it at $1; $2 is a folder of the host outside, $3 and $4 are numbers of a disk, $5 the probe.</summary>
    private const string Make = """
        cd $1; mknod null c 1 3; mknod zero c 1 5; mknod console c 5 1; mknod disk b $3 $4; mkfifo fifo; ln -s $2/shadow link; ln -s ../../../../../../../../../../../../../..$2/shadow up
        ln -s /proc/self/mem mem; ln -s /proc/1/root$2/shadow root; ln -s loop loop; cp $5 setuid; chmod 4755 setuid; cp $5 capable; setcap cap_net_raw+ep capable; mkdir closed; chmod 0 closed
        echo x >unread; chmod 0 unread; truncate -s 1T huge; : >"$(printf 'a\n\377')"; mkdir folder; p=folder; for i in $(seq 40); do p=$p/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn; mkdir $p; done
        chmod 666 null zero console disk fifo
        """;

    /// <summary>A line for each: name, what was tried, "opened" or the error.</summary>
    private const string Try = """
        cd /vol
        one() { name=$1 what=$2; shift 2; if busybox timeout -s KILL 1 "$@" >/tmp/out 2>/tmp/error </dev/null; then echo "$name $what opened $(busybox head -c 30 /tmp/out | busybox tr '\0\n' '0 ')"; else echo "$name $what refused $(busybox tail -n 1 /tmp/error | busybox sed 's/.*: //')"; fi; }
        for f in null zero console disk fifo socket link up mem root loop unread closed huge; do
            one $f read busybox head -c 20 $f; one $f write busybox dd if=/proc/version of=$f bs=1 count=1 conv=notrunc; one $f execute ./$f; one $f list busybox ls -l $f; one $f truncate busybox truncate -s 0 $f
        done
        for f in setuid capable; do one $f gain /bin/sh -c "./$f --tool gained; [ \$? = 10 ]"; done
        one tree walk busybox find /vol -name nobody; one tree remove busybox rm -rf /vol/folder
        echo done
        """;

    private readonly Socket service = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private string volume = "";

    /// <summary>By a program that can say a name that is no text.</summary>
    public void Dispose()
    {
        service.Dispose();
        Host.Run("/bin/rm", "-rf", volume);
    }

    [Theory]
    [InlineData("--user 1000", Tier.Hardened)]
    [InlineData("--as-root --writable --cap-add MKNOD --cap-add SYS_ADMIN --cap-add DAC_OVERRIDE", Tier.Hardened)]
    [InlineData("--user 1000", Tier.UserKernel)]
    [InlineData("--as-root --writable --cap-add MKNOD --cap-add SYS_ADMIN --cap-add DAC_OVERRIDE", Tier.UserKernel)]
    public void What_lies_in_a_volume_leads_nowhere(string flags, Tier tier)
    {
        string name = $"hostile-{flags.Length}-{tier}";
        volume = Directory.CreateDirectory(Path.Combine(Host.Work, name)).FullName;
        var outside = new Outside(name);
        (string major, string minor) = Config.HostDisk();
        Host.Run("/bin/sh", "-ec", Make, "sh", volume, outside.Path, major, minor, Host.Probe).MustSucceed();
        service.Bind(new UnixDomainSocketEndPoint(Path.Combine(volume, "socket")));
        service.Listen();
        using var workload = new Workload([.. flags.Split(' '), "--volume", volume + ":/vol"]) { Tier = tier, Wrapper = ["/usr/bin/timeout", "--kill-after=1", "120"] };

        Said said = workload.Run("/bin/sh", "-c", Try);

        Assert.True(said.Output.EndsWith("done\n", StringComparison.Ordinal), said.ToString());
        outside.AssertUntouched();
        Dictionary<string, string> lines = said.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l.Split(' ').Length > 2)
            .ToDictionary(l => string.Join(' ', l.Split(' ')[..2]), l => l.Split(' ', 3)[2]);
        string[] shut = [.. new[] { "null", "zero", "console", "disk" }.SelectMany(f => new[] { f + " read", f + " write", f + " execute" })];
        string[] gone = ["link read", "up read", "root read", "loop read", "socket read", "socket write", "socket execute", "fifo execute", "link write", "up write", "root write", "setuid gain", "capable gain"];
        Assert.Equal([], lines.Where(l => (shut.Contains(l.Key) || gone.Contains(l.Key)) && l.Value.StartsWith(Opened, StringComparison.Ordinal)).Select(l => l.ToString()));
        Assert.DoesNotContain("the host's secret", said.All, StringComparison.Ordinal);
        // They are there, and everything was tried.
        Assert.True(lines["null list"].StartsWith(Opened, StringComparison.Ordinal), said.ToString());
        Assert.Contains("tree remove", lines.Keys);
    }
}

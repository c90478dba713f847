using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;

namespace Bulkhead.Security;

/// <summary>Probes with tests of their own under the defaults of `bulkhead run`, by init and by `bulkhead exec`.</summary>
public sealed class WorkloadTests
{
    private static readonly string[] NoFlags = [];

    public static TheoryData<string, Entry, Tier> EveryLimit() => Ways.With([.. Limits.All.Where(l => l.Flags is not null).Select(l => l.Id)]);

    [Theory]
    [MemberData(nameof(EveryLimit))]
    public void It_ends_at_the_limit(string id, Entry entry, Tier tier)
    {
        Limit limit = Limits.Find(id);

        string[] words = In(tier, entry, limit.Flags!, ["/probe", "--limit", .. limit.Command]).MustSucceed().Output.Trim().Split(' ');

        Assert.Equal(limit.Error, words[1]);
        Assert.InRange(int.Parse(words[0], CultureInfo.InvariantCulture), limit.Most / 2, limit.Most);
    }

    [Theory]
    [MemberData(nameof(Ways.Every), MemberType = typeof(Ways))]
    [Trait("Probe", "E31.abstract")]
    public void No_socket_of_ours_is_abstract(Entry entry, Tier tier)
    {
        using var control = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        string name = string.Create(CultureInfo.InvariantCulture, $"bulkhead-control-{Environment.ProcessId}-{entry}-{tier}");
        control.Bind(new UnixDomainSocketEndPoint("\0" + name));
        control.Listen();

        string[] sockets = In(tier, entry, tier == Tier.Hardened ? ["--network", "host"] : NoFlags, "/bin/sh", "-c", "busybox cat /proc/net/unix").MustSucceed().Output.Split('\n');

        // The user kernel shows its own sockets only.
        Assert.Equal(tier == Tier.Hardened, Array.Exists(sockets, line => line.Contains("@" + name, StringComparison.Ordinal)));
        Assert.DoesNotContain(sockets, line => line.Contains('@') && line.Contains("bulkhead", StringComparison.Ordinal) && !line.Contains("bulkhead-control-", StringComparison.Ordinal));
    }

    /// <summary>The one socket there is: the monitor's, behind a folder that only its owner enters.</summary>
    [Theory]
    [InlineData(Tier.Hardened)]
    [InlineData(Tier.UserKernel)]
    [Trait("Probe", "E31.abstract")]
    public void The_monitors_socket_is_its_owners(Tier tier)
    {
        using var workload = new Workload { Tier = tier };
        workload.Begin("/probe", "--wait");

        string folder = Directory.GetDirectories(Host.Work + "/data/containers")
            .Single(d => File.Exists(d + "/workload.json") && File.ReadAllText(d + "/workload.json").Contains($"\"{workload.Name}\"", StringComparison.Ordinal));

        Assert.Equal("700", Host.Run("/usr/bin/stat", "--format=%a", folder).Output.Trim());
        Assert.Equal("700", Host.Run("/usr/bin/stat", "--format=%a", Host.Work + "/data").Output.Trim());
    }

    [Theory]
    [MemberData(nameof(Ways.Every), MemberType = typeof(Ways))]
    [Trait("Probe", "E39.egress")]
    public void Nothing_outside_is_reached(Entry entry, Tier tier)
    {
        using var service = new TcpListener(IPAddress.Loopback, 0);
        service.Start();
        _ = service.AcceptTcpClientAsync(TestContext.Current.CancellationToken).AsTask().ContinueWith(client => client.Result.Dispose(), TestContext.Current.CancellationToken, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        string port = ((IPEndPoint)service.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        string script = $"for a in '169.254.169.254 80' '127.0.0.1 10250' '10.0.0.1 10250' '127.0.0.1 {port}'; do busybox timeout 5 busybox nc -w 2 $a </dev/null >/dev/null 2>&1 && echo \"$a answers\"; done; busybox cat /proc/net/dev | busybox wc -l; busybox wc -l </proc/net/route";

        Said alone = In(tier, entry, NoFlags, "/bin/sh", "-c", script), host = tier == Tier.Hardened ? In(tier, entry, ["--network", "host"], "/bin/sh", "-c", script) : alone;

        // Two lines of heading and lo; the heading of no route.
        Assert.Equal("3\n1\n", alone.Output);
        // The user kernel's loopback is its own in any network.
        Assert.Equal(tier == Tier.Hardened, host.Output.Contains($"127.0.0.1 {port} answers", StringComparison.Ordinal));
    }

    /// <summary>What can be written is in memory and the container's own, unless a volume was asked for.</summary>
    [Theory]
    [MemberData(nameof(Ways.Every), MemberType = typeof(Ways))]
    [Trait("Probe", "E41.log_directory")]
    public void Nothing_writable_is_the_hosts(Entry entry, Tier tier)
    {
        string volume = Directory.CreateDirectory(Path.Combine(Host.Work, $"volume-{entry}-{tier}")).FullName;

        string[] none = Writable(Mounts(tier, entry, NoFlags));
        string[] one = Writable(Mounts(tier, entry, ["--volume", volume + ":/mnt"]));

        // The runtime's few nodes are bound from the host's /dev; they keep nothing.
        none = none.Where(line => !(line.Contains(" - devtmpfs ", StringComparison.Ordinal) && line.Split(' ')[3] is "/null" or "/zero" or "/full" or "/random" or "/urandom" or "/tty")).ToArray();
        Assert.All(none, line => Assert.Contains(line.Split(" - ")[1].Split(' ')[0], (string[])["proc", "tmpfs", "devpts", "mqueue"]));
        Assert.Contains(one, line => line.Split(' ')[4] == "/mnt");
    }

    /// <summary>The user kernel's mounts are those of the host's process that it is: guests see a table of its own.</summary>
    private static string Mounts(Tier tier, Entry entry, string[] flags)
    {
        if (tier == Tier.Hardened)
            return In(tier, entry, flags, "/bin/sh", "-c", "busybox cat /proc/self/mountinfo").MustSucceed().Output;
        using var workload = new Workload(flags) { Tier = tier };
        workload.Begin("/probe", "--wait");
        return File.ReadAllText($"/proc/{workload.Call("inspect", "--format", "{{.State.Pid}}", workload.Name).MustSucceed().Output.Trim()}/mountinfo");
    }

    /// <summary>Residual: only another kernel helps, as HostCallTests shows. The day that this fails the documents are wrong.</summary>
    [Theory]
    [InlineData(Entry.Init)]
    [InlineData(Entry.Exec)]
    [Trait("Probe", "E43.futex_requeue")]
    public void Futex_requeue_reaches_the_hosts_kernel(Entry entry) =>
        Assert.Equal("open\n", In(Tier.Hardened, entry, NoFlags, "/probe", "--tool", "futex-requeue").MustSucceed().Output);

    [Theory]
    [MemberData(nameof(Ways.Every), MemberType = typeof(Ways))]
    [Trait("Probe", "E34.tiocsti")]
    public void The_callers_terminal_takes_no_input(Entry entry, Tier tier)
    {
        string[] onTerminal = [Host.Probe, "--tool", "with-terminal"];

        foreach (string[] flags in new string[][] { [], ["--tty"] })
        {
            using var workload = new Workload(entry == Entry.Init ? flags : []) { Tier = tier, Wrapper = entry == Entry.Init ? onTerminal : [] };
            Said said;
            if (entry == Entry.Init)
                said = workload.Run("/probe", "E34.tiocsti");
            else
            {
                workload.Begin("/probe", "--wait");
                said = new Workload { Wrapper = onTerminal }.Call("exec", [.. flags, workload.Name, "/probe", "E34.tiocsti"]);
            }
            Assert.Contains("E34.tiocsti ", said.Output, StringComparison.Ordinal);
            Assert.Contains("input 0", said.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/proc/self/exe", Tier.Hardened)]
    [InlineData("/proc/1/exe", Tier.Hardened)]
    [InlineData("/proc/self/exe", Tier.UserKernel)]
    [InlineData("/proc/1/exe", Tier.UserKernel)]
    [Trait("Probe", "E1.self_exe")]
    public void Proc_exe_is_never_the_command_or_the_monitor(string program, Tier tier)
    {
        using var workload = new Workload { Tier = tier };
        workload.Begin("/probe", "--wait");

        Said init = In(tier, Entry.Init, NoFlags, program, "--version"), exec = workload.Exec(program, "--version");

        Assert.DoesNotContain("bulkhead version", init.All + exec.All, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("bulkhead-oci version", init.All + exec.All, StringComparison.Ordinal);
        Assert.DoesNotContain("it is started by bulkhead", init.All + exec.All, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, Tier.Hardened)]
    [InlineData(9, Tier.Hardened)]
    [InlineData(3, Tier.UserKernel)]
    [InlineData(9, Tier.UserKernel)]
    [Trait("Probe", "E2.cwd")]
    public void No_descriptor_becomes_the_working_directory(int fd, Tier tier)
    {
        string link = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{fd}");
        string[] wrapper = [Host.Probe, "--tool", "with-directory", fd.ToString(CultureInfo.InvariantCulture), Host.Work];
        using var init = new Workload("--workdir", link) { Tier = tier, Wrapper = wrapper };
        using var other = new Workload { Tier = tier, Wrapper = wrapper };
        other.Begin("/probe", "--wait");

        Said first = init.Run("/bin/sh", "-c", "ls -a ."), second = other.Call("exec", "--workdir", link, other.Name, "/bin/sh", "-c", "ls -a .");

        Assert.True(first.Status != 0 && first.All.Contains("directory", StringComparison.Ordinal), first.ToString());
        Assert.True(second.Status != 0 && second.All.Contains("directory", StringComparison.Ordinal), second.ToString());
    }

    /// <summary>proc_pid_cmdline(5) is for every user of the host: no process of a container, nor what stands for one, has variables there.</summary>
    [Theory]
    [InlineData(Tier.Hardened)]
    [InlineData(Tier.UserKernel)]
    public void Variables_are_in_no_command_line(Tier tier)
    {
        string secret = Guid.NewGuid().ToString("N");
        using var workload = new Workload("--env", "SECRET=" + secret) { Tier = tier };
        workload.Begin("/probe", "--wait");
        workload.Call("exec", "-d", "--env", "OTHER=" + secret, workload.Name, "/probe", "--wait").MustSucceed();
        Host.Until("the other", () => workload.Exec("/bin/sh", "-c", "busybox ps").Output.Split("/probe --wait").Length == 3);

        Said seen = Host.Run("/bin/sh", "-c", "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; echo; done 2>/dev/null");

        Assert.Equal(secret + "\n", workload.Exec("/bin/sh", "-c", "echo $SECRET").Output);
        Assert.Contains("--wait", seen.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, seen.Output, StringComparison.Ordinal);
    }

    private static string[] Writable(string mounts) =>
        mounts.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.Split(' ')[5].Split(',').Contains("rw")).ToArray();

    private static Said In(Tier tier, Entry entry, string[] flags, params string[] command)
    {
        using var workload = new Workload(flags) { Tier = tier };
        if (entry == Entry.Init)
            return workload.Run(command);
        workload.Begin("/probe", "--wait");
        return workload.Exec(command);
    }
}

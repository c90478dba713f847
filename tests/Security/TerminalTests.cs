using System;
using System.IO;
using System.Text.Json.Nodes;

namespace Bulkhead.Security;

/// <summary>
/// TIOCSTI into the terminal of whoever started the container (E34). Without a terminal of its own the container has the caller's as stdin, but is in
/// a session of its own: the kernel lets only CAP_SYS_ADMIN write into another session's terminal. dev.tty.legacy_tiocsti = 0 refuses all others too.
/// </summary>
[Trait("Probe", "E34.tiocsti")]
public sealed class TerminalTests
{
    private const string Probe = "E34.tiocsti";
    private const string Sysctl = "/proc/sys/dev/tty/legacy_tiocsti";

    private static readonly string[] OnTerminal = [Host.Probe, "--tool", "with-terminal"];

    /// <summary>Kernels before 6.2 have no such setting.</summary>
    private static bool Legacy => !File.Exists(Sysctl) || File.ReadAllText(Sysctl).Trim() == "1";

    [Theory]
    [MemberData(nameof(Ways.Every), MemberType = typeof(Ways))]
    public void The_callers_terminal_takes_no_input(Entry entry, Tier tier)
    {
        Said said = InContainer(entry, terminal: false, Layers.None, tier);

        // The session refuses with EPERM, the kernel's setting, which it looks at first, with EIO. The user kernel gives the stream, not the terminal.
        Assert.Contains($"{Probe} refused {(tier == Tier.UserKernel ? "ENOTTY" : Legacy ? "EPERM" : "EIO")} ", said.Output, StringComparison.Ordinal);
        Assert.Contains("input 0", said.Output, StringComparison.Ordinal);
    }

    /// <summary>No capability makes the user kernel put input into the host's terminal: its filter has no TIOCSTI.</summary>
    [Theory]
    [InlineData(Entry.Init, false)]
    [InlineData(Entry.Exec, false)]
    [InlineData(Entry.Init, true)]
    [InlineData(Entry.Exec, true)]
    public void In_the_user_kernel_CAP_SYS_ADMIN_does_not_help(Entry entry, bool terminal) =>
        Assert.Contains("input 0", InContainer(entry, terminal, Layers.Capabilities, Tier.UserKernel).Output, StringComparison.Ordinal);

    /// <summary>A private pty: what the container does to it does not reach the caller's.</summary>
    [Theory]
    [InlineData(Entry.Init)]
    [InlineData(Entry.Exec)]
    public void With_a_terminal_of_its_own_the_callers_takes_no_input(Entry entry)
    {
        Said said = InContainer(entry, terminal: true, Layers.Capabilities);

        Assert.Contains(Probe + " open ", said.Output, StringComparison.Ordinal);
        Assert.Contains("input 0", said.Output, StringComparison.Ordinal);
    }

    /// <summary>The control: with CAP_SYS_ADMIN the session is no wall.</summary>
    [Theory]
    [InlineData(Entry.Init)]
    [InlineData(Entry.Exec)]
    public void With_CAP_SYS_ADMIN_it_does(Entry entry)
    {
        Said said = InContainer(entry, terminal: false, Layers.Capabilities);

        Assert.Contains(Probe + " open ", said.Output, StringComparison.Ordinal);
        Assert.Contains("input 1", said.Output, StringComparison.Ordinal);
    }

    /// <summary>The control of the session: a program without that capability on its own controlling terminal, and the same in a new session.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_a_session_of_its_own_only_the_kernels_setting_refuses(bool session)
    {
        string[] drop = ["/usr/bin/setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"];
        string[] command = [.. drop, .. session ? ["/usr/bin/setsid", "--wait"] : Array.Empty<string>(), Host.Probe, Probe];

        Said said = Host.Run(OnTerminal[0], [.. OnTerminal[1..], .. command]);

        string expected = !Legacy ? "refused EIO" : session ? "refused EPERM" : "open";
        Assert.Contains($"{Probe} {expected} ", said.Output, StringComparison.Ordinal);
    }

    private static Said InContainer(Entry entry, bool terminal, Layers off, Tier tier = Tier.Hardened)
    {
        JsonObject config = Config.Profile(entry == Entry.Init ? ["/probe", Probe] : ["/probe", "--wait"]).Without(off);
        config["process"]!["terminal"] = terminal && entry == Entry.Init;
        using var container = new Container(config) { Tier = tier, Wrapper = entry == Entry.Init ? OnTerminal : [] };
        if (entry == Entry.Init)
            return container.Run();
        container.Begin();
        return container.ExecBy(OnTerminal, terminal ? ["--tty"] : [], "/probe", Probe);
    }
}

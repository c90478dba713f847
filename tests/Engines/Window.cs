using Bulkhead.TestSupport;

namespace Bulkhead.Engines;

/// <summary>The one test of terminals that every engine has.</summary>
internal static class Window
{
    /// <summary>Reads lines without editing them: busybox's editor loses what is typed while it redraws for a new window.</summary>
    internal static readonly string[] Shell = ["sh", "-c", "echo ready; while read -r line; do eval \"$line\"; done"];

    /// <summary>A shell sees its window of 40 by 100, sees it become 50 by 120, and its exit code comes back.</summary>
    internal static void Follow(Pty terminal)
    {
        // Clients throw away what was typed before they made the terminal raw: that the shell runs says that they did.
        terminal.Expect("ready");
        terminal.Type("tty; until [ \"$(stty size)\" = '40 100' ]; do sleep 0.1; done; echo si''zed\n");
        terminal.Expect("/dev/pts/");
        terminal.Expect("sized");
        terminal.Resize(50, 120);
        terminal.Type("until [ \"$(stty size)\" = '50 120' ]; do sleep 0.1; done; echo resi''zed\n");
        terminal.Expect("resized");
        terminal.Type("exit 7\n");
        Assert.Equal(7, terminal.WaitForExit());
    }
}

using System.Collections.Generic;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Files.Terminals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs;

/// <summary>/dev.</summary>
internal static class DevTree
{
    public static DirectoryNode Make(Kernel kernel)
    {
        var tree = new DirectoryNode(0x1ED, (task, name) => name == "console" ? ConsoleOf(task)?.Node : null, Console);
        tree.Add("null", new DeviceNode(1, 3, (_, _) => new NullDevice(kernel)));
        tree.Add("zero", new DeviceNode(1, 5, (_, _) => new ZeroDevice(kernel, full: false)));
        tree.Add("full", new DeviceNode(1, 7, (_, _) => new ZeroDevice(kernel, full: true)));
        tree.Add("random", new DeviceNode(1, 8, (_, _) => new RandomDevice(kernel)));
        tree.Add("urandom", new DeviceNode(1, 9, (_, _) => new RandomDevice(kernel)));
        tree.Add("tty", new OwnTerminalNode());
        tree.Add("pts", new PseudoTerminals(kernel).Tree());
        tree.Add("ptmx", new LinkNode(_ => "pts/ptmx"));
        tree.Add("fd", new LinkNode(_ => "/proc/self/fd"));
        tree.Add("stdin", new LinkNode(_ => "/proc/self/fd/0"));
        tree.Add("stdout", new LinkNode(_ => "/proc/self/fd/1"));
        tree.Add("stderr", new LinkNode(_ => "/proc/self/fd/2"));
        tree.Add("shm", new DirectoryNode(0x3FF));
        return tree;
    }

    private static IEnumerable<(string, Node)> Console(GuestTask task) => ConsoleOf(task) is { } console ? [("console", console.Node)] : [];

    /// <summary>The terminal of the host's that the task's session has, else the sandbox's own.</summary>
    private static HostConsole? ConsoleOf(GuestTask task) => task.Process.Terminal as HostConsole ?? task.Kernel.Console;
}

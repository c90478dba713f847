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
        foreach ((string name, uint minor) in MemoryDevices)
            tree.Add(name, new DeviceNode(MemoryMajor, minor, (_, _) => Memory(kernel, Device(minor))!));
        tree.Add("tty", new OwnTerminalNode());
        tree.Add("pts", kernel.Terminals.Tree());
        tree.Add("ptmx", new LinkNode(_ => "pts/ptmx"));
        tree.Add("fd", new LinkNode(_ => "/proc/self/fd"));
        tree.Add("stdin", new LinkNode(_ => "/proc/self/fd/0"));
        tree.Add("stdout", new LinkNode(_ => "/proc/self/fd/1"));
        tree.Add("stderr", new LinkNode(_ => "/proc/self/fd/2"));
        tree.Add("shm", new DirectoryNode(0x3FF));
        return tree;
    }

    private const uint MemoryMajor = 1;

    private static readonly (string Name, uint Minor)[] MemoryDevices = [("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)];

    private static ulong Device(uint minor) => (MemoryMajor << 8) | minor;

    /// <summary>Ours for a node of the host's that somebody has put in the tree, as masks of paths are; null: no device of memory.</summary>
    public static OpenFile? Memory(Kernel kernel, ulong device) => device switch
    {
        (MemoryMajor << 8) | 3 => new NullDevice(kernel),
        (MemoryMajor << 8) | 5 => new ZeroDevice(kernel, full: false),
        (MemoryMajor << 8) | 7 => new ZeroDevice(kernel, full: true),
        (MemoryMajor << 8) | 8 or (MemoryMajor << 8) | 9 => new RandomDevice(kernel),
        _ => null,
    };

    private static IEnumerable<(string, Node)> Console(GuestTask task) => ConsoleOf(task) is { } console ? [("console", console.Node)] : [];

    /// <summary>The terminal of the host's that the task's session has, else the sandbox's own.</summary>
    private static HostConsole? ConsoleOf(GuestTask task) => task.Process.Terminal as HostConsole ?? task.Kernel.Console;
}

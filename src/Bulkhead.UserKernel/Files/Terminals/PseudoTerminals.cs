using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>devpts: all pairs by number, /dev/pts and the file that makes more of them (pts(4)).</summary>
internal sealed class PseudoTerminals(Kernel kernel)
{
    /// <summary>As /proc/sys/kernel/pty/max has it.</summary>
    private const int Most = 4096;
    private readonly SortedDictionary<int, PseudoTerminal> terminals = [];

    /// <summary>/dev/pts.</summary>
    public DirectoryNode Tree() => new DirectoryNode(0x1ED, (_, name) => Find(name)?.Node, _ => List()).Add("ptmx", new MasterNode(this));

    private PseudoTerminal? Find(string name) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && (name[0] != '0' || name.Length == 1) ? terminals.GetValueOrDefault(number) : null;

    private IEnumerable<(string, Node)> List()
    {
        foreach (PseudoTerminal terminal in new List<PseudoTerminal>(terminals.Values))
            yield return (terminal.Number.ToString(CultureInfo.InvariantCulture), terminal.Node);
    }

    public void Remove(PseudoTerminal terminal) => terminals.Remove(terminal.Number);

    /// <summary>A new pair, with the lowest free number; ENOSPC when there are too many.</summary>
    private long Make(GuestTask task, Node node, string path, out OpenFile? file)
    {
        file = null;
        int number = 0;
        while (terminals.ContainsKey(number))
            number++;
        if (number >= Most)
            return Fail.ENOSPC;
        var terminal = new PseudoTerminal(kernel, this, number, task);
        terminals.Add(number, terminal);
        file = new MasterFile(task, terminal, node, path);
        return 0;
    }

    /// <summary>/dev/pts/ptmx.</summary>
    private sealed class MasterNode(PseudoTerminals all) : Node(StatMode.S_IFCHR | 0x1B6)
    {
        private const ulong MasterDevice = (5 << 8) | 2;

        public override stat Status(GuestTask task)
        {
            stat status = base.Status(task);
            status.st_dev = SlaveNode.FileSystemDevice;
            status.st_rdev = MasterDevice;
            return status;
        }

        public override long Open(GuestTask task, int flags, string path, out OpenFile? file) => all.Make(task, this, path, out file);
    }
}

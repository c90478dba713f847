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
    private const uint SlaveMajor = 136;
    private readonly SortedDictionary<int, SlaveNode> terminals = [];

    /// <summary>/dev/pts.</summary>
    public DirectoryNode Tree() => new DirectoryNode(0x1ED, (_, name) => Find(name), _ => List()).Add("ptmx", new MasterNode(this));

    private SlaveNode? Find(string name) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && (name[0] != '0' || name.Length == 1) ? terminals.GetValueOrDefault(number) : null;

    private IEnumerable<(string, Node)> List()
    {
        foreach ((int number, SlaveNode node) in new List<KeyValuePair<int, SlaveNode>>(terminals))
            yield return (number.ToString(CultureInfo.InvariantCulture), node);
    }

    public static uint Device(int number) => (SlaveMajor << 8) | (uint)number;

    public void Remove(int number) => terminals.Remove(number);

    /// <summary>The lowest free number is the node's, which <paramref name="make"/> gives.</summary>
    public SlaveNode Add(System.Func<int, SlaveNode> make)
    {
        int number = 0;
        while (terminals.ContainsKey(number))
            number++;
        SlaveNode node = make(number);
        terminals.Add(number, node);
        return node;
    }

    /// <summary>A new pair, with the lowest free number; ENOSPC when there are too many.</summary>
    private long Make(GuestTask task, Node node, string path, out OpenFile? file)
    {
        file = null;
        if (terminals.Count >= Most)
            return Fail.ENOSPC;
        PseudoTerminal? terminal = null;
        Add(number => (terminal = new PseudoTerminal(kernel, this, number, task)).Node);
        file = new MasterFile(task, terminal!, node, path);
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

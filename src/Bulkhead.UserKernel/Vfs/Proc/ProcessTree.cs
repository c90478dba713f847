using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>One file of /proc/PID: null as its text says that nobody is there any more.</summary>
internal readonly record struct ProcessEntry(string Name, uint Mode, Func<Subject, string?> Text, bool IsGuarded = false, Func<Subject, GuestTask, string, long>? Write = null, bool OnlyProcess = false);

/// <summary>/proc/PID and /proc/PID/task/TID (proc_pid(5)): nodes are made when somebody looks, and stay.</summary>
internal sealed class ProcessTree(Subject subject) : Node(StatMode.S_IFDIR | 0x16D)
{
    private const uint Link = 0x1FF, Private = 0x100;
    private readonly Dictionary<string, Node> made = new(StringComparer.Ordinal);

    /// <summary>The directory of a process, always the same one while it lives.</summary>
    public static Node Of(Process process) => process.Directory ??= Make(new Subject(process, null));

    /// <summary>Whose directory it is; null: a thread's.</summary>
    public Process? Process => subject.IsThread ? null : subject.Process;

    private static ProcessTree Make(Subject subject) => new(subject) { Owner = () => subject.DirectoryOwner };

    public override Node? Lookup(GuestTask task, string name)
    {
        if (subject.IsGone)
            return null;
        if (made.TryGetValue(name, out Node? node))
            return node;
        node = Directory(name) ?? MagicLink(name) ?? File(name);
        if (node is not null)
            made.Add(name, node);
        return node;
    }

    public override IEnumerable<(string Name, Node Node)> List(GuestTask task)
    {
        if (subject.IsGone)
            yield break;
        foreach (string name in (string[])["attr", "cwd", "exe", "fd", "fdinfo", "net", "ns", "root"])
        {
            if (Lookup(task, name) is { } node)
                yield return (name, node);
        }
        if (Lookup(task, "task") is { } threads)
            yield return ("task", threads);
        foreach (ProcessEntry entry in ProcessFiles.Entries)
        {
            if (Lookup(task, entry.Name) is { } node)
                yield return (entry.Name, node);
        }
    }

    public override long Open(GuestTask task, int flags, string path, out OpenFile? file)
    {
        file = new NodeDirectory(task, this, path);
        return 0;
    }

    private Node? File(string name)
    {
        foreach (ProcessEntry entry in ProcessFiles.Entries)
        {
            if (entry.Name != name || (entry.OnlyProcess && subject.IsThread))
                continue;
            Func<GuestTask, string, long>? write = entry.Write is { } change ? (writer, text) => subject.IsGone ? Fail.ESRCH : change(subject, writer, text) : null;
            return new TextNode(_ => subject.IsGone ? null : entry.Text(subject), entry.Mode, write)
            {
                Owner = () => subject.Owner,
                Check = asker => subject.IsGone ? Fail.ESRCH : entry.IsGuarded ? subject.CheckRead(asker) : 0,
            };
        }
        return name == "mem" ? new MemoryNode(subject) { Owner = () => subject.Owner } : null;
    }

    private Node? MagicLink(string name)
    {
        Process process = subject.Process;
        switch (name)
        {
            case "exe":
                return new FileLinkNode(() => process.IsZombie ? null : process.Program, Link) { Owner = () => subject.Owner, Check = subject.CheckRead };
            case "cwd":
                return Text(task => process.IsZombie ? null : task.Kernel.FileSystem.WorkingDirectory(process.Place));
            case "root":
                return Text(_ => process.IsZombie ? null : process.Place.Root);
            default:
                return null;
        }
    }

    private LinkNode Text(Func<GuestTask, string?> target) => new(target) { Owner = () => subject.Owner, Check = subject.CheckRead };

    private DirectoryNode? Directory(string name) => name switch
    {
        "fd" => new DirectoryNode(0x140, (asker, number) => Descriptor(asker, number, info: false), asker => Descriptors(asker, info: false)) { Owner = () => subject.Owner },
        "fdinfo" => new DirectoryNode(0x16D, (asker, number) => subject.MayRead(asker) ? Descriptor(asker, number, info: true) : null, asker => Descriptors(asker, info: true))
        {
            Owner = () => subject.DirectoryOwner,
            Check = subject.CheckRead,
        },
        "ns" => NameSpaces(),
        "net" => NetTexts.Tree,
        "attr" => new DirectoryNode { Owner = () => subject.Owner }.Add("current", new TextNode(_ => "unconfined\n")),
        "task" when !subject.IsThread => new DirectoryNode(0x16D, Thread, Threads) { Owner = () => subject.DirectoryOwner },
        _ => null,
    };

    private FileLinkNode Space(NameSpaceFile file) => new(() => file, Link) { Owner = () => subject.Owner, Check = subject.CheckRead };

    private DirectoryNode NameSpaces()
    {
        const ulong First = 4026531834;
        var tree = new DirectoryNode(0x149) { Owner = () => subject.Owner };
        string[] names = ["time", "cgroup", "pid", "user", "uts", "ipc", "mnt", "net"];
        for (int i = 0; i < names.Length; i++)
        {
            string text = string.Create(CultureInfo.InvariantCulture, $"{names[i]}:[{First + (ulong)i}]");
            var space = new NameSpaceFile(subject.Process.Kernel, text, First + (ulong)i);
            tree.Add(names[i], Space(space));
            if (names[i] is "time" or "pid")
                tree.Add(names[i] + "_for_children", Space(space));
        }
        return tree;
    }

    private Node? Descriptor(GuestTask asker, string name, bool info)
    {
        Process process = subject.Process;
        // A name like 007 names nothing.
        if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int fd) || ProcTree.Number(fd) != name || process.IsZombie || process.Files[fd] is not { } file)
            return null;
        if (info)
            return new TextNode(_ => process.IsZombie || process.Files[fd] is not { } open ? null : DescriptorTexts.Info(process, fd, open), Private) { Owner = () => subject.Owner };
        uint mode = 0x40u | ((file.Flags & Fcntl.O_PATH) != 0 ? 0u : file.CanRead ? 0x100u : 0) | ((file.Flags & Fcntl.O_PATH) == 0 && file.CanWrite ? 0x80u : 0);
        return new FileLinkNode(() => process.IsZombie ? null : process.Files[fd], mode) { Owner = () => subject.Owner, Check = subject.CheckRead };
    }

    private IEnumerable<(string, Node)> Descriptors(GuestTask asker, bool info)
    {
        for (int fd = 0; !subject.Process.IsZombie && fd < subject.Process.Files.Count; fd++)
        {
            if (Descriptor(asker, ProcTree.Number(fd), info) is { } node)
                yield return (ProcTree.Number(fd), node);
        }
    }

    private ProcessTree? Thread(GuestTask asker, string name)
    {
        foreach (GuestTask task in subject.Process.Tasks)
        {
            if (ProcTree.Number(task.Tid) == name)
                return Make(new Subject(subject.Process, task));
        }
        return null;
    }

    private IEnumerable<(string, Node)> Threads(GuestTask asker)
    {
        foreach (GuestTask task in subject.Process.Tasks)
            yield return (ProcTree.Number(task.Tid), Make(new Subject(subject.Process, task)));
    }
}

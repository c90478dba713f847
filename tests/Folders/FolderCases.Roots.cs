namespace Bulkhead.Folders;

public static partial class FolderCases
{
    private const string NoSetuid = "chmod EPERM\nfchmod EPERM\nfchmodat EPERM\nfchmodat2 EPERM\nopen EPERM\ncreat EPERM\nmknod EPERM\ntmpfile EPERM\n";

    /// <summary>Programs that another user of the host's would run with more rights: none.</summary>
    private const string FindPlanted = "find . -perm /6000 | wc -l; getcap -r -n . | grep -v rootid | wc -l";

    private static readonly FolderCase[] s_roots =
    [
        Plants("no setuid program by 65532", "", "1234:2345", "EPERM", null),
        Plants("no setuid program by root", "--as-root ", "1234:2345", "EPERM", "loosening: --as-root"),
        Plants("no setuid program by root in a folder of root's", "--as-root ", "0:0", "EPERM", "loosening: --as-root"),
        Plants("no setuid program by all capabilities", "--cap-add ALL ", "1234:2345", "EINVAL", "loosening: --cap-add ALL"),
        Plants("no setuid program by root with all capabilities", "--as-root --cap-add ALL ", "1234:2345", "ok", "loosening: --cap-add ALL"),
        new("no file capabilities by root in a folder of root's", "--as-root --cap-add ALL is refused there: they would be the host's", "true", "0\n0")
        {
            Flags = "--as-root --cap-add ALL -v @F:/data",
            Owner = "0:0",
            After = FindPlanted,
            ExitCode = 125,
            Explained = "--cap-add SETFCAP: a program in @F, which belongs to the host's root, could get capabilities that it has on the host; use --cap-drop SETFCAP",
        },
        Plants("no setuid program by root without SETFCAP in a folder of root's", "--as-root --cap-add ALL --cap-drop SETFCAP ", "0:0", "EPERM", "loosening: --cap-add ALL"),
        new("root in a folder of root's", "--as-root is the one way to write there; files come out as root's", "echo x >new; stat -c %u:%g new", "0:0\n0:0")
        {
            Flags = "--as-root -v @F:/data",
            Owner = "0:0",
            After = "stat -c %u:%g new",
            Explained = "files of the host's root that are mounted are its own",
        },
        new("--privileged", "opens all of that, and says so", "chmod 4755 tool; stat -c %a:%u tool", "4755:0\n4755:0")
        {
            Before = "echo x >tool",
            Flags = "--privileged -v @F:/data",
            Owner = "0:0",
            After = "stat -c %a:%u tool",
            Explained = "loosening: --privileged: no user namespace, all capabilities, no seccomp filter, no landlock, nothing masked: its root is the host's root",
        },
    ];

    private static FolderCase Plants(string name, string flags, string owner, string capability, string? said) =>
        new(name, "by no system call, and no file capabilities that the host heeds", "folder setuid . ; echo x >tool; folder setfcap tool", NoSetuid + $"setfcap {capability}\n0\n0")
        {
            Flags = flags + "-v @F:/data",
            Owner = owner,
            After = FindPlanted,
            Explained = said,
        };
}

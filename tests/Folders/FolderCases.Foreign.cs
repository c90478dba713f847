namespace Bulkhead.Folders;

public static partial class FolderCases
{
    private const string Denied = "Permission denied", Overflow = "Value too large for defined data type";

    private static readonly FolderCase[] s_foreign =
    [
        new("others' files are read as others may", "of other owners, 644 can be read, 600 cannot (EACCES); they show as 65534",
            "cat own foreign roots; cat secret; stat -c %u:%g foreign roots group", $"own\nfor\nroot\ncat: can't open 'secret': {Denied}\n65534:65534\n65534:65534\n65532:65534")
        {
            Before = Mixed,
            Explained = MixedExplained,
        },
        new("others' files are not written", "also with mode 666 and in a folder with mode 777: EACCES; a foreign group is enough",
            "for f in foreign everyone roots group open/new; do (echo x >>$f); done; cat own", Lines("/bin/sh: can't create ", $": {Denied}\n", "foreign", "everyone", "roots", "group", "open/new") + "own\nfor\nall\n0")
        {
            Before = Mixed,
            After = "cat foreign everyone; ls open | wc -l",
            Explained = MixedExplained,
        },
        new("others' files are not removed", "rename, delete, chmod: EOVERFLOW, though the folder is the owner's",
            "rm -f foreign; mv roots r2; chmod 777 everyone; ls",
            $"rm: can't remove 'foreign': {Overflow}\nmv: can't rename 'roots': {Overflow}\nchmod: everyone: {Overflow}\neveryone\nforeign\ngroup\nopen\nown\nroots\nsecret\n666")
        {
            Before = Mixed,
            After = "stat -c %a everyone",
            Explained = MixedExplained,
        },
        new("nothing is given away", "chown and chgrp to another id: EPERM or EOVERFLOW",
            "chown 0 own; chgrp 0 own; chown 1000 own; stat -c %u:%g own", Lines("", $": own: {Overflow}\n", "chown", "chgrp", "chown") + "65532:65532\n1234:2345")
        {
            Before = "echo x >own; chown 1234:2345 own",
            After = "stat -c %u:%g own",
        },
        new("a root of the container's gives nothing away", "--as-root: chown to an id other than the owner's: EOVERFLOW",
            "chown 999 own; stat -c %u:%g own", $"chown: own: {Overflow}\n0:0\n1234:2345")
        {
            Before = "echo x >own; chown 1234:2345 own",
            After = "stat -c %u:%g own",
            Flags = "--as-root -v @F:/data",
            Explained = "loosening: --as-root",
        },
        new("a folder of the host's root", "is read as others may, and not written; run says so",
            "cat there; echo x >new; echo x >>there", $"it\n/bin/sh: can't create new: {Overflow}\n/bin/sh: can't create there: {Denied}\nthere")
        {
            Before = "echo it >there; chmod 666 there",
            After = "ls",
            Owner = "0:0",
            ExitCode = 1,
            Explained = "@F belongs to the host's root: the container can read there what others may, and write nothing; chown it to a user, or use --as-root",
        },
        new("nobody's files in a folder of root's", "are not written either: nobody is mapped there", "echo x >>nobodys; cat nobodys", $"/bin/sh: can't create nobodys: {Denied}\nit\nit")
        {
            Before = "echo it >nobodys; chown 65534:65534 nobodys; chmod 666 nobodys",
            After = "cat nobodys",
            Owner = "0:0",
            Explained = "@F belongs to the host's root",
        },
    ];

    private static string Lines(string before, string after, params string[] middles)
    {
        string text = "";
        foreach (string middle in middles)
            text += before + middle + after;
        return text;
    }
}

namespace Bulkhead.Folders;

public static partial class FolderCases
{
    private static readonly FolderCase[] s_writes =
    [
        Writes("made by 65532", "", "65532:65532"),
        Writes("made by a number", "-u 1000:1001 ", "1000:1001"),
        Writes("made by a name", "-u worker ", "777:778"),
        Writes("made by root", "--as-root ", "0:0"),
        Writes("made by 65532 for a big id", "", "65532:65532", "4294967293:4294967293"),
        Writes("made by 65532 for nobody", "", "65532:65532", "65534:65534"),
        new("changed", "append, truncate, rename, chmod, touch and delete work on the owner's files",
            "echo more >>a; : >b; mv c d/c2; chmod 640 e; touch -d '2001-01-01 00:00' e; rm f; rmdir g; mv d h; ls", "a\nb\ne\nh\n640 1234 2345 2001")
        {
            Before = "echo a >a; touch b c e f; mkdir d g; chown -R 1234:2345 .",
            After = "[ \"$(cat a | wc -l)\" = 2 ]; stat -c '%a %u %g' e | tr '\\n' ' '; date -u -r e +%Y",
        },
        new("untouched", "uid, gid, mode and ctime of all that was there stay as they were",
            "find . >/dev/null; cat own foreign >/dev/null; echo done", "done")
        {
            Before = Mixed + $"; {Record("before")}",
            After = Record("after") + "; cmp $F.before $F.after; rm $F.before $F.after",
            Explained = MixedExplained,
        },
    ];

    private static string Record(string to) => $"find . -mindepth 1 -printf '%p %U %G %m %C@ %i\\n' | sort >$F.{to}";
}

namespace Bulkhead.Folders;

public static partial class FolderCases
{
    private static readonly FolderCase[] s_kinds =
    [
        new("sticky", "in a folder with mode 1777 the owner's files can be deleted, others' not", "rm own; rm -f foreign; ls",
            $"rm: can't remove 'foreign': {Overflow}\nforeign")
        {
            Before = "chmod 1777 .; echo x >own; echo y >foreign; chown 1234:2345 own; chown 999:999 foreign",
            Explained = "but 1 of what is in it to 999:999",
        },
        new("setgid folder", "hands its group down, and the bit to folders in it", "mkdir dir; echo x >file; stat -c %a:%u:%g dir file", "2755:65532:65532\n644:65532:65532\n2755:1234:2345\n644:1234:2345")
        {
            Before = "chmod 2755 .",
            After = "stat -c %a:%u:%g dir file",
        },
        new("setgid folder of another group", "is not written: its group is not mapped", "echo x >team/new", $"/bin/sh: can't create team/new: {Denied}\n0")
        {
            Before = "mkdir team; chown 1234:999 team; chmod 2775 team",
            After = "ls team | wc -l",
            ExitCode = 1,
            Explained = "but 1 of what is in it to 1234:999",
        },
        new("ACL entry", "for the folder's owner lets the container read another's file", "cat theirs", "it\nuser:1234:r--")
        {
            Before = "echo it >theirs; chown 999:999 theirs; chmod 600 theirs; setfacl -m u:1234:r theirs",
            After = "getfacl -ncp theirs | grep 1234",
            Explained = "but 1 of what is in it to 999:999",
        },
        new("default ACL", "is handed down", "echo x >new", "user:999:r--")
        {
            Before = "setfacl -d -m u:999:r .",
            After = "getfacl -ncp new | grep 999 | cut -f1",
        },
        new("xattr", "user.* is read and written, security.* and trusted.* are refused", "folder get f user.a; folder set f user.b inner; folder set f trusted.c x; folder set f security.capability x",
            "get outer\nset ok\nset EPERM\nset EINVAL\ninner")
        {
            Before = "echo x >f; chown 1234:2345 f; setfattr -n user.a -v outer f",
            After = "getfattr --only-values -n user.b f",
        },
        new("hard links", "to the owner's files; not to others' (EOVERFLOW), however readable", "folder link own own2; folder link foreign f2; stat -c %h own", "link ok\nlink EOVERFLOW\n2\n2 1")
        {
            Before = "echo x >own; echo y >foreign; chown 1234:2345 own; chown 999:999 foreign",
            After = "stat -c %h own foreign | tr '\\n' ' '",
            Explained = "but 1 of what is in it to 999:999",
        },
        new("sparse", "a file of 8 GB takes no room", "truncate -s 8589934592 big; stat -c %s big", "8589934592\n8589934592 small") { After = "stat -c %s big | tr '\\n' ' '; [ $(stat -c %b big) -lt 64 ] && echo small" },
        new("long names", "255 bytes, and paths of more than 4,000", "n=$(printf %0255d 0); echo x >$n; i=0; while [ $i -lt 16 ]; do mkdir $n.d 2>/dev/null || mkdir ${n%???}.d; cd ${n%???}.d; i=$((i+1)); done; echo y >end", "17 1234:2345")
        {
            After = "find . -mindepth 1 -type d | wc -l >$F.n; echo \"$(($(cat $F.n) + 1)) $(find . -name end -printf '%U:%G')\"; rm $F.n",
        },
        new("odd names", "blanks, newlines, bytes that are no UTF-8", "printf x >\"$(printf 'a b\\nc')\"; printf y >\"$(printf '\\377\\376')\"; ls | wc -l", "2\n2 1234:2345")
        {
            After = "find . -mindepth 1 -printf '%U:%G\\n' | sort | uniq -c | sed 's/^ *//'",
        },
    ];
}

namespace Bulkhead.Folders;

public static partial class FolderCases
{
    private const string ReadOnly = "Read-only file system", MountBelow = "mkdir sub; mount -t tmpfs -o uid=1234,gid=2345,mode=755 t sub; echo it >sub/there; chown 1234:2345 sub/there";

    private static readonly FolderCase[] s_mounts =
    [
        new("read-only", ":ro: EROFS", "cat there; (echo x >new); (echo x >>there); rm there", Refusals("new", "there") + "it")
        {
            Before = "echo it >there; chown 1234:2345 there",
            After = "cat *",
            Flags = "-v @F:/data:ro",
            ExitCode = 1,
        },
        new("read-only with mounts below", ":ro holds for the mounts below too", "(echo x >sub/new); cat sub/there", $"/bin/sh: can't create sub/new: {ReadOnly}\nit\nthere")
        {
            Before = MountBelow,
            After = "ls sub",
            Flags = "-v @F:/data:ro",
        },
        new("mounts below", "come along, with the same mapping", "echo x >sub/new; stat -c %u:%g sub/new", "65532:65532\n1234:2345")
        {
            Before = MountBelow,
            After = "stat -c %u:%g sub/new",
            Explained = "",
        },
        new("mounts below left out", "bind-recursive=disabled: what they cover is seen", "ls sub", "")
        {
            Before = MountBelow,
            Flags = "--mount type=bind,source=@F,target=/data,bind-recursive=disabled",
            Explained = "",
        },
        new("nested", "-v A:/data -v B:/data/sub", "echo x >new; echo y >sub/new; stat -c %u:%g sub/new", "65532:65532\nb a/new b/new a/sub") { Before = Nested, After = NestedAfter, Flags = "-v @F/a:/data -v @F/b:/data/sub" },
        new("nested the other way round", "-v B:/data/sub -v A:/data is the same", "echo x >new; echo y >sub/new; stat -c %u:%g sub/new", "65532:65532\nb a/new b/new a/sub")
        {
            Before = Nested, After = NestedAfter, Flags = "-v @F/b:/data/sub -v @F/a:/data",
        },
        new("nested without a mount point", "is refused; nothing is made in the outer folder", "true", "0")
        {
            Before = "mkdir a b; chown 1234:2345 a b",
            After = "ls a | wc -l",
            Flags = "-v @F/a:/data -v @F/b:/data/sub",
            ExitCode = 125,
            Explained = "it lies in /data, and @F/a has no sub: make it there first",
        },
        new("nested in a read-only one", "is writable itself", "(echo x >new); echo y >sub/new", $"/bin/sh: can't create new: {ReadOnly}\nnew") { Before = Nested, After = "ls b", Flags = "-v @F/a:/data:ro -v @F/b:/data/sub" },
        new("nested in a tmpfs", "--tmpfs /data -v @F:/data/sub: the mount point is made in the tmpfs", "echo y >sub/new; ls", "sub\nnew") { After = "ls", Flags = "-v @F:/data/sub --tmpfs /data" },
        new("two folders of two owners", "each gives its files to its own owner", "echo x >/a/new; echo y >/b/new; stat -c %u:%g /a/new /b/new", "65532:65532\n65532:65532\n1111:1111 2222:2222")
        {
            Before = "mkdir a b; chown 1111:1111 a; chown 2222:2222 b",
            After = "stat -c %u:%g a/new b/new | tr '\\n' ' '",
            Flags = "-w / -v @F/a:/a -v @F/b:/b",
        },
        new("a file", "can be a mount of its own: written in place, not replaced", "echo two >>/f; mv /f /tmp/f; stat -c %u:%g /f", "mv: can't remove '/f': Read-only file system\n65532:65532\none\ntwo\n1234:2345")
        {
            Before = "echo one >f; chown 1234:2345 f",
            After = "cat f; stat -c %u:%g f",
            Flags = "-w / -v @F/f:/f",
        },
        new("a read-only file", "also over a file of the root file system's", "cat /etc/passwd; echo two >>/etc/passwd", $"one\n/bin/sh: can't create /etc/passwd: {ReadOnly}\none")
        {
            Before = "echo one >f; chown 1234:2345 f",
            After = "cat f",
            Flags = "-w / -v @F/f:/etc/passwd:ro",
            ExitCode = 1,
        },
    ];

    private const string Nested = "mkdir -p a/sub b; chown 1234:2345 a a/sub b", NestedAfter = "ls -d b a/new b/new a/sub | sort >/dev/null; echo b a/new b/new a/sub; [ -z \"$(ls a/sub)\" ]";

    private static string Refusals(string made, string changed) =>
        $"it\n/bin/sh: can't create {made}: {ReadOnly}\n/bin/sh: can't create {changed}: {ReadOnly}\nrm: can't remove '{changed}': {ReadOnly}\n";
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;

namespace Bulkhead.Chaos.Places;

/// <summary>Ids, bundles, configurations and arguments that nobody means well with.</summary>
/// <param name="trial">The place.</param>
public sealed class InputTests(Trial trial) : IClassFixture<Trial>
{
    private const string Format = "invalid container ID format: '";

    public static TheoryData<string, int, string> Ids => new()
    {
        { "", 1, Format },
        { ".", 1, Format },
        { "..", 1, Format },
        { "/", 1, Format },
        { "a/b", 1, Format },
        { "../row", 1, Format },
        { new string('x', 255), 0, "" },
        { new string('x', 256), 1, "file name too long" },
        { new string('x', 1024), 1, "file name too long" },
        { new string('x', 1025), 1, Format },
        { "\u00e9", 1, Format },
        { "\u202egpj", 1, Format },
        { "a b", 1, Format },
        { "a\nb", 1, Format + "a\\x0ab'" },
        { "\e[31mred", 1, Format + "\\x1b[31mred'" },
        { "-x", 1, "unknown option -x of 'run'" },
        { "--", 1, "usage: bulkhead-oci run" },
    };

    [Theory]
    [MemberData(nameof(Ids))]
    public void Id(string id, int status, string words)
    {
        Trial.Says(trial.Oci("", "run", "--bundle", trial.Bundle.Folder, id), status, words);
        if (status != 0)
            Assert.NotEqual(0, trial.Bundle.Oci("state", id).Status);
        trial.LeftNothing();
    }

    /// <param name="place">Goes somewhere.</param>
    /// <param name="bundle">As the shell has it.</param>
    /// <param name="words">What is said; "": it works.</param>
    [Theory]
    [InlineData("cd $b", ".", "")]
    [InlineData("cd $b/rootfs", "..", "")]
    [InlineData("cd $b", "''", "")]
    [InlineData("", "$b/", "")]
    [InlineData("", "$b//.", "")]
    [InlineData("ln -s $b $w/link", "$w/link", "")]
    [InlineData("ln -s $b $w/link", "$w/link/", "")]
    [InlineData("cd $b", "/proc/self/cwd", "")]
    [InlineData("", "$w/missing", "/missing: no such file or directory")]
    [InlineData("", "$b/config.json", "config.json: not a directory")]
    [InlineData("ln -s link $w/link", "$w/link", "too many levels of symbolic links")]
    [InlineData("n=$(printf '\\351'); ln -s $b $w/$n", "$w/$n", "is not UTF-8: rename it")]
    [InlineData("mkdir $w/new", "$w/new", "/new/config.json not found: make one with the spec command, or name the bundle with --bundle")]
    [InlineData("mkdir $w/new; cp $b/config.json $w/new", "$w/new", "$.root.path: open the root file system ")]
    [InlineData("mkdir $w/new; cp $b/config.json $w/new; touch $w/new/rootfs", "$w/new", "$.root.path: open the root file system ")]
    [InlineData("mkdir $w/gone; cd $w/gone; rmdir $w/gone", ".", "the bundle . has been deleted: change to a directory that exists")]
    [InlineData("cd $w; n=$(printf 'x%.0s' $(seq 5000))", "$n", "file name too long")]
    public void Bundle(string place, string bundle, string words)
    {
        trial.Fresh();
        Trial.Says(trial.Shell($"{place}\nexec $oci run --bundle {bundle} row"), words.Length == 0 ? 0 : 1, words);
        trial.LeftNothing();
    }

    /// <summary>A relative path means nothing where the directory is gone: it made one named "... (deleted)".</summary>
    [Theory]
    [InlineData("--root states")]
    [InlineData("--root /nonexistent/x --policy file")]
    public void Relative_to_a_deleted_directory(string options)
    {
        trial.Fresh();
        string script = "mkdir $w/gone; cd $w/gone; rmdir $w/gone\nexec ${oci%--root*} " + options + " run --bundle $b row";
        Trial.Says(trial.Shell(script), 1, "resolve the current directory for the relative path ");
        Assert.Empty(Directory.GetFileSystemEntries(trial.Bundle.Folder + "/row"));
    }

    [Theory]
    [InlineData("mkdir $c", "is not a regular file")]
    [InlineData("mkfifo $c", "is not a regular file")]
    [InlineData("ln -s /dev/zero $c", "is not a regular file")]
    [InlineData("ln -s /nonexistent/x $c", "config.json not found")]
    [InlineData("ln -s config.json $c", "too many levels of symbolic links")]
    [InlineData("ln -s $b/config.json $c", "")]
    [InlineData("cp $b/config.json $c; chmod 0 $c", "")]
    [InlineData(": >$c", "line 1, byte 1: not valid JSON")]
    [InlineData("truncate -s 100M $c", "is larger than 16 MiB")]
    [InlineData("yes '         ' | head -c 16777217 >$c", "is larger than 16 MiB")]
    [InlineData("{ printf '\\357\\273\\277'; cat $b/config.json; } >$c", "line 1, byte 1: not valid JSON")]
    [InlineData("iconv -t utf-16 $b/config.json >$c", "line 1, byte 1: not valid JSON")]
    [InlineData("{ printf '{\"ociVersion\":\"1.0.0\",\"hostname\":\"\\351\"'; tail -c +2 $b/config.json | sed 's/^/,/;s/\"hostname\":[^,]*,//'; } >$c", "UTF-8")]
    [InlineData("head -c 100000 /dev/zero | tr '\\0' '[' >$c", "$: expected an object, found an array")]
    [InlineData("{ printf '{\"x\":'; head -c 100000 /dev/zero | tr '\\0' '['; } >$c", "not valid JSON")]
    [InlineData("printf '{}\\0' >$c", "not valid JSON")]
    [InlineData("{ cat $b/config.json; echo x; } >$c", "not valid JSON")]
    [InlineData("{ head -c -1 $b/config.json; printf ',\"annotations\":{\"a\":\"'; head -c 16000000 /dev/zero | tr '\\0' x; printf '\"}}'; } >$c", "")]
    [InlineData("{ printf '{\"x\":['; yes '\"\",' | head -n 3000000 | tr -d '\\n'; printf '0]'; tail -c +2 $b/config.json | sed 's/^/,/'; } >$c", "")]
    public void Configuration(string make, string words)
    {
        trial.Fresh();
        trial.Prepare("mkdir $w/b; c=$w/b/config.json; ln -s $b/rootfs $w/b/rootfs\n" + make);
        Trial.Says(trial.Shell("exec $oci run --bundle $w/b row"), words.Length == 0 ? 0 : 1, words);
        trial.LeftNothing();
    }

    public static TheoryData<string, int, int, int, string> Sizes => new()
    {
        { "args", 1, 131071, 0, "" },
        { "args", 1, 131072, 126, "exec /bin/true: argument list too long" },
        { "args", 1, 1 << 20, 126, "exec /bin/true: argument list too long" },
        { "env", 1, 1 << 20, 126, "exec /bin/true: argument list too long" },
        { "env", 10_000, 20, 0, "" },
        { "env", 10_000, 1000, 126, "exec /bin/true: argument list too long" },
        { "args", 10_000, 20, 0, "" },
    };

    /// <summary>The kernel's own limit (E2BIG): 128 KiB a text, some MiB all. `start` has no way to hear it: the container's stderr says it.</summary>
    [Theory]
    [MemberData(nameof(Sizes))]
    public void Arguments(string property, int count, int length, int status, string words)
    {
        IEnumerable<JsonNode?> texts = Enumerable.Range(0, count).Select(i => (JsonNode?)JsonValue.Create($"A{i}=".PadRight(length, 'x')));
        trial.Configure(config => config["process"]![property] = new JsonArray([.. property == "args" ? [JsonValue.Create("/bin/true")] : Array.Empty<JsonNode?>(), .. texts]));
        Trial.Says(trial.Run(""), status, words);
        if (status != 0)
        {
            Ran ran = trial.Shell("$oci create --bundle $b row && $oci start row; $oci delete --force row");
            Trial.Says(ran, 0, "exec /bin/true: cannot execute (exec format error, permission denied, or argument list too long)");
        }
        trial.Configure(_ => { });
        trial.LeftNothing();
    }
}

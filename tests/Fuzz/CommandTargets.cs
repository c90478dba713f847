using System;
using System.IO;
using System.Text;
using System.Text.Json;
using Bulkhead.Cli;
using Bulkhead.Cli.Format;
using Bulkhead.Workloads;

namespace Bulkhead.Fuzz;

/// <summary>Files of --env-file and --label-file; the first byte chooses.</summary>
internal sealed class PairFileTarget : Target
{
    private static readonly string s_file = Path.Combine(Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "scratch")).FullName, "pairs");

    public override byte[][] Seeds { get; } =
        [Text("0A=1\nB=two words\n\n# comment\nPATH\n"), Text("0A=b=c\r\n\r\n  # x\r\nB=\r\n"), Text("0\uFEFFA=1\nNOSUCHVARIABLE\n"), Text("1team=web\nalone\nteam=db\n")];

    public override string[] Words => ["=", "\n", "\r\n", "#", "\0", "\uFEFF", " ", "\t", "PATH", "A=", "\u2028"];

    protected override void Parse(byte[] input)
    {
        if (input.Length == 0)
            return;
        File.WriteAllBytes(s_file, input[1..]);
        if (input[0] % 2 == 0)
        {
            foreach (string pair in Cli.Options.Words.Environment([s_file], []))
            {
                int equals = pair.IndexOf('=', StringComparison.Ordinal);
                Must(equals > 0 && pair.AsSpan(0, equals).IndexOfAny(" \t\n") < 0, "no name: " + pair);
                Must(!pair.Contains('\0') && !pair.Contains('\n'), "what the program would get as two");
            }
            return;
        }
        var seen = new System.Collections.Generic.HashSet<string>();
        foreach ((string key, string value) in Cli.Options.Words.Labels([s_file], []))
        {
            Must(key.Length > 0 && seen.Add(key), "a label without a name, or twice");
            Must(!value.Contains('\n'), "a label of two lines");
        }
    }
}

/// <summary>Times of records, in words for ps.</summary>
internal sealed class DurationTarget : Target
{
    public override byte[][] Seeds { get; } = [Text("2026-01-01T00:00:00Z"), Text("0001-01-01T00:00:00Z"), Text("9999-12-31T23:59:59.9999999+14:00"), Text("")];

    public override string[] Words => ["0001-01-01", "9999-12-31", "T23:59:60", "-14:00", "Z", ".999999999999", "\0"];

    protected override void Parse(byte[] input)
    {
        string text = Durations.Since(Encoding.UTF8.GetString(input));
        Must(text.Length is > 0 and < 30 && !text.Contains('-', StringComparison.Ordinal), "no time: " + text);
    }
}

/// <summary>--format: read, its heading, and used on a document with every kind of value.</summary>
internal sealed class TemplateTarget : Target
{
    private static readonly JsonElement s_document =
        JsonDocument.Parse("""{"Name":"/a","State":{"Running":true,"Pid":7,"None":null,"Rate":1.5e300},"Env":["A=1","B=2",3,null,[1],{"x":1}],"Labels":{"a.b":"c","":"empty","é":"😀"},"Empty":[]}""").RootElement;

    public override byte[][] Seeds { get; } =
    [
        Text("{{.Name}} {{.State.Pid}}"), Text("{{json .Env}}\\t{{join .Env \", \"}}"), Text("{{index .Labels \"a.b\"}}{{index .Env 1}}"), Text("{{ upper .Name }}{{len .Env}}{{lower .State.Rate}}"),
        Text("{{json .}}{{.}}\\n{{\"{{\"}}"), Text("table {{.Name}}\\t{{.Labels}}"),
    ];

    public override string[] Words => ["{{", "}}", ".", "\"", "json ", "index ", "join ", "len ", "upper ", ".Env", ".Labels", ".State.", " 99999999999", " -1", "\\t", "range", "|"];

    protected override void Parse(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        var template = Template.Parse(text);
        Must(template.Heading().Length <= text.Length * 3, "a heading of more than was asked for");
        string shown = template.Apply(s_document);
        Must(text.Contains("{{", StringComparison.Ordinal) || shown.Length <= text.Length, "words that nobody wrote");
    }
}

/// <summary>What the runtime says, which may have a stranger's words in it, for the person: never longer without end, never lost.</summary>
internal sealed class FlagErrorTarget : Target
{
    private static readonly WorkloadOptions s_options = new()
    {
        Rootfs = "/",
        Command = ["a"],
        Sysctls = [new("net.core.somaxconn", "-5")],
        Annotations = [new("org.example", "x")],
        WorkingDirectory = "/w",
        OomScoreAdj = -5,
        Mounts = [new VolumeOption { Kind = VolumeKind.Bind, Source = "/srv", Target = "/data" }, new VolumeOption { Kind = VolumeKind.Tmpfs, Target = "/t" }],
        Limits = new LimitOptions { CpusetCpus = "9", Cpus = 0.001, Ulimits = [new UlimitOption("nofile", 1, 1)] },
    };

    public override byte[][] Seeds { get; } =
    [
        Text("/x/config.json: $.linux.sysctl[\"net.core.somaxconn\"]: would change the host's"), Text("set sysctl net/core/somaxconn: invalid argument"), Text("$.linux.resources.cpu.cpus: \"9\" is no list"),
        Text("cgroup controller cpuset: cannot write \"9\" to /sys/fs/cgroup/cpuset/bulkhead/x/cpuset.cpus: numerical result out of range"), Text("set resource limit RLIMIT_NOFILE: operation not permitted"),
        Text("mount bind at /data: invalid argument"), Text("mount tmpfs at /etc/hosts: not a directory"), Text("$.mounts[3].source: open /srv: no such file or directory"), Text("change directory to /: permission denied"),
    ];

    public override string[] Words => [": ", "$.", "\"]", "[\"", " at /", "mount ", " to /sys/fs/cgroup/", "cgroup controller ", "\0", "..", "cpu.", "memory."];

    protected override void Parse(byte[] input)
    {
        string message = Encoding.UTF8.GetString(input);
        string line = FlagErrors.Of(message, s_options);
        Must(message.Length == 0 || line.Length > 0, "nothing is said");
        Must(line.Length < message.Length * 3 + 500, "more is said than there is");
    }
}

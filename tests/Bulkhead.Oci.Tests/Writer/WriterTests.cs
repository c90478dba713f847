using System;
using System.Buffers;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Text.Json.Nodes;

namespace Bulkhead.Oci.Tests.Writer;

/// <summary>Documents that engines read: compared with what runc itself prints, where it is deterministic.</summary>
public sealed class WriterTests
{
    private static readonly ContainerState s_state = new()
    {
        OciVersion = "1.0.2",
        Id = "c1",
        Pid = 42,
        Status = "running",
        Bundle = "/b/é",
        Rootfs = "/b/rootfs",
        Created = "2026-01-02T03:04:05.123456789Z",
        Annotations = [new("k", "v+\"<>")],
        Owner = "root",
    };

    private static string Written(Action<IBufferWriter<byte>> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string Runc(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("runc", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true };
        using var process = System.Diagnostics.Process.Start(start)!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return text;
    }

    [Fact]
    public void State_has_runc_s_fields_order_and_indentation() => Assert.Equal(
        """
        {
          "ociVersion": "1.0.2",
          "id": "c1",
          "pid": 42,
          "status": "running",
          "bundle": "/b/é",
          "rootfs": "/b/rootfs",
          "created": "2026-01-02T03:04:05.123456789Z",
          "annotations": {
            "k": "v+\"<>"
          },
          "owner": "root"
        }
        """,
        Written(output => StateWriter.WriteState(output, s_state)));

    [Fact]
    public void The_state_for_hooks_is_the_specification_s() => Assert.Equal(
        """{"ociVersion":"1.0.2","id":"c1","status":"running","pid":42,"bundle":"/b/é","annotations":{"k":"v+\"<>"}}""",
        Written(output => StateWriter.WriteHookState(output, s_state)));

    [Fact]
    public void A_stopped_container_s_state_for_hooks_has_no_pid() => Assert.Equal(
        """{"ociVersion":"1.3.0","id":"c","status":"stopped","bundle":"/b"}""",
        Written(output => StateWriter.WriteHookState(output, new ContainerState { Id = "c", Status = "stopped", Bundle = "/b" })));

    [Fact]
    public void The_seccomp_listener_s_message_holds_the_state() => Assert.Equal(
        """{"ociVersion":"1.3.0","fds":["seccompFd"],"pid":7,"metadata":"m","state":{"ociVersion":"1.3.0","id":"c","status":"creating","bundle":"/b"}}""",
        Written(output => StateWriter.WriteSeccompState(output, new ContainerState { Id = "c", Status = "creating", Bundle = "/b" }, 7, "m")));

    [Fact]
    public void An_empty_list_is_what_runc_prints()
    {
        string root = Directory.CreateTempSubdirectory("bulkhead-list").FullName;
        try
        {
            Assert.Equal(Runc(root, "--root", root, "list", "--format", "json"), Written(output => StateWriter.WriteList(output, [])));
            Assert.Equal(Runc(root, "--root", root, "list"), ListTable.Format([]));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void A_list_is_one_line()
    {
        string text = Written(output => StateWriter.WriteList(output, [s_state, s_state]));
        Assert.Equal(text.Length - 1, text.IndexOf('\n', StringComparison.Ordinal));
        Assert.Equal(2, JsonNode.Parse(text)!.AsArray().Count);
    }

    [Fact]
    public void The_table_pads_columns_to_12_or_3_more_than_the_longest() => Assert.Equal(
        "ID          PID         STATUS      BUNDLE      CREATED                          OWNER\n" +
        "c1          42          running     /b/é        2026-01-02T03:04:05.123456789Z   root\n",
        ListTable.Format([s_state]));

    [Theory]
    [InlineData(0, "1970-01-01T00:00:00Z")]
    [InlineData(1_700_000_000_120_000_000, "2023-11-14T22:13:20.12Z")]
    [InlineData(1_700_000_000_000_000_001, "2023-11-14T22:13:20.000000001Z")]
    [InlineData(-1, "1969-12-31T23:59:59.999999999Z")]
    public void Times_are_written_as_Go_does(long nanoseconds, string expected) => Assert.Equal(expected, Rfc3339.Format(nanoseconds));

    [Fact]
    public void A_log_line_is_one_json_object() => Assert.Equal(
        "{\"level\":\"error\",\"msg\":\"a \\\"b\\\"\\nc\",\"time\":\"2023-11-14T22:13:20Z\"}\n",
        Written(output => LogLine.WriteJson(output, "error", "a \"b\"\nc", 1_700_000_000_120_000_000)));

    [Fact]
    public void A_log_line_of_text_is_quoted() => Assert.Equal(
        "time=\"2023-11-14T22:13:20Z\" level=warning msg=\"a \\\"b\\\"\\nc\\x01\"\n",
        LogLine.Text("warning", "a \"b\"\nc\u0001", 1_700_000_000_120_000_000));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Spec_is_runc_s_but_for_the_listed_differences(bool rootless)
    {
        string folder = Directory.CreateTempSubdirectory("bulkhead-spec").FullName;
        try
        {
            Runc(folder, rootless ? ["spec", "--rootless"] : ["spec"]);
            JsonNode theirs = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!;
            string text = Written(output => SpecWriter.Write(output, rootless));
            JsonNode ours = JsonNode.Parse(text)!;
            Assert.Null(Oracle.Verdict.Of(Encoding.UTF8.GetBytes(text), rootless ? ValidateOptions.Rootless : ValidateOptions.None));

            theirs["ociVersion"] = "1.3.0";
            theirs["hostname"] = "bulkhead";
            theirs["linux"]!["maskedPaths"]!.AsArray().Insert(2, "/proc/interrupts"); // a side channel (escape E15)
            theirs["process"]!["capabilities"]!.AsObject().Remove("ambient"); // runc 1.2 dropped it too
            JsonArray namespaces = theirs["linux"]!["namespaces"]!.AsArray();
            namespaces.Insert(rootless ? namespaces.Count - 1 : namespaces.Count, new JsonObject { ["type"] = "cgroup" });
            Assert.Equal(Sorted(theirs), Sorted(ours));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Rootless_maps_the_caller()
    {
        JsonNode spec = JsonNode.Parse(Written(output => SpecWriter.Write(output, rootless: true, 1000, 100)))!;
        Assert.Equal(1000, (int)spec["linux"]!["uidMappings"]![0]!["hostID"]!);
        Assert.Equal(100, (int)spec["linux"]!["gidMappings"]![0]!["hostID"]!);
    }

    [Fact]
    public void Features_hold_at_least_what_runc_s_hold()
    {
        JsonNode theirs = JsonNode.Parse(Runc("/", "features"))!;
        JsonNode ours = JsonNode.Parse(Written(output => FeaturesWriter.Write(output, "0.1.0")))!;
        Assert.Equal("1.3.0", (string)ours["ociVersionMax"]!);
        Assert.Subset(Texts(ours["hooks"]), Texts(theirs["hooks"]));
        Assert.Subset(Texts(ours["linux"]!["namespaces"]), Texts(theirs["linux"]!["namespaces"]));
        Assert.Subset(Texts(ours["linux"]!["capabilities"]), Texts(theirs["linux"]!["capabilities"]));
        Assert.Subset(Texts(ours["linux"]!["seccomp"]!["actions"]), Texts(theirs["linux"]!["seccomp"]!["actions"]));
        Assert.Subset(Texts(ours["linux"]!["seccomp"]!["operators"]), Texts(theirs["linux"]!["seccomp"]!["operators"]));
        HashSet<string> options = Texts(theirs["mountOptions"]);
        options.ExceptWith(["acl", "noacl"]); // runc 1.2 dropped them: the flag means nothing to mount(2)
        Assert.Subset(Texts(ours["mountOptions"]), options);
        Assert.True((bool)ours["linux"]!["mountExtensions"]!["idmap"]!["enabled"]!);
        Assert.False((bool)ours["linux"]!["intelRdt"]!["enabled"]!);
    }

    private static HashSet<string> Texts(JsonNode? array)
    {
        var texts = new HashSet<string>();
        foreach (JsonNode? item in array!.AsArray())
            texts.Add((string)item!);
        return texts;
    }

    /// <summary>The same document with sorted members: Go and we may order them differently.</summary>
    private static string Sorted(JsonNode? node)
    {
        if (node is JsonArray array)
        {
            var items = new List<string>();
            foreach (JsonNode? item in array)
                items.Add(Sorted(item));
            return "[" + string.Join(",", items) + "]";
        }
        if (node is not JsonObject members)
            return node?.ToJsonString() ?? "null";
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in members)
            sorted[key] = Sorted(value);
        var texts = new List<string>();
        foreach (var (key, value) in sorted)
            texts.Add($"\"{key}\":{value}");
        return "{" + string.Join(",", texts) + "}";
    }
}

using System;
using System.CommandLine;
using System.Text.Json;
using Bulkhead.Cli.Format;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.Cli.Commands;

/// <summary>info and version.</summary>
internal static class InfoCommand
{
    public static Command Info()
    {
        var format = new Option<string>("--format", "-f") { Description = "json, a template, or text for people (the default)", HelpName = "FORMAT" };
        var command = new Command("info", "Show where things are and how many containers there are") { format };
        command.SetAction(parsed =>
        {
            (int running, int paused, int all) = Count();
            if (parsed.GetValue(format) is { } asked)
                return Write(asked, json => WriteInfo(json, running, paused, all));
            Output.Write($"""
                Containers: {all}
                 Running: {running}
                 Paused: {paused}
                 Stopped: {all - running - paused}
                Version: {Program.Version}
                Kernel: {Kernel()}
                Cgroup Version: {CgroupVersion()} ({CgroupLayout.Detect().Mode})
                Rootless: {(Machine.IsRoot ? "no" : "yes")}
                Data: {Machine.DataRoot}
                State: {Machine.OciRoot}

                """);
            return 0;
        });
        return command;
    }

    public static Command MakeVersion()
    {
        var format = new Option<string>("--format", "-f") { Description = "json, a template, or text for people (the default)", HelpName = "FORMAT" };
        var command = new Command("version", "Show the version of bulkhead and of the kernel") { format };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(format) is { } asked)
                return Write(asked, WriteVersion);
            Output.Write($"bulkhead version {Program.Version}\nspec: {Oci.StateWriter.OciVersion}\nkernel: {Kernel()}\narch: amd64\n");
            return 0;
        });
        return command;
    }

    private static int Write(string format, Action<Utf8JsonWriter> write)
    {
        if (format is "json" or "{{json .}}")
            JsonOutput.Write(indented: false, write);
        else
            Output.Line(Template.Parse(format).Apply(JsonOutput.Element(write)));
        return 0;
    }

    private static void WriteVersion(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("Client");
        json.WriteString("Version", Program.Version);
        json.WriteString("Os", "linux");
        json.WriteString("Arch", "amd64");
        json.WriteString("KernelVersion", Kernel());
        json.WriteString("OciVersion", Oci.StateWriter.OciVersion);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteInfo(Utf8JsonWriter json, int running, int paused, int all)
    {
        json.WriteStartObject();
        json.WriteNumber("Containers", all);
        json.WriteNumber("ContainersRunning", running);
        json.WriteNumber("ContainersPaused", paused);
        json.WriteNumber("ContainersStopped", all - running - paused);
        json.WriteString("ServerVersion", Program.Version);
        json.WriteString("KernelVersion", Kernel());
        json.WriteString("CgroupVersion", CgroupVersion());
        json.WriteString("OSType", "linux");
        json.WriteString("Architecture", "x86_64");
        json.WriteNumber("NCPU", System.Environment.ProcessorCount);
        json.WriteBoolean("Rootless", !Machine.IsRoot);
        json.WriteString("DockerRootDir", Machine.DataRoot);
        json.WriteString("StateDir", Machine.OciRoot);
        json.WriteEndObject();
    }

    private static (int Running, int Paused, int All) Count()
    {
        int running = 0, paused = 0, all = 0;
        foreach (Workload workload in Workload.All())
        {
            all++;
            running += workload.Status == "running" ? 1 : 0;
            paused += workload.Status == "paused" ? 1 : 0;
        }
        return (running, paused, all);
    }

    private static string Kernel() => HostFile.Read("/proc/sys/kernel/osrelease")?.Trim() ?? "unknown";

    private static string CgroupVersion() => CgroupLayout.Detect().Mode == CgroupMode.Unified ? "2" : "1";
}

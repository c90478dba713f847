using System;
using System.IO;
using System.Linq;
using System.Reflection;
using Bulkhead.TestSupport;
using Bulkhead.Workloads.Volumes;

namespace Bulkhead.Workloads.Tests;

/// <summary>Records of a build that knew fewer options: what they lack is what a new record has, numbers and switches too.</summary>
public sealed class OldRecordTests
{
    private static readonly Type[] s_kinds =
    [
        typeof(WorkloadRecord), typeof(WorkloadOptions), typeof(LimitOptions), typeof(LogOptions), typeof(VolumeOption), typeof(HealthOptions), typeof(HealthRecord),
        typeof(ExitRecord), typeof(RestartPolicy), typeof(VolumeRecord),
    ];

    [Fact]
    public void What_a_workload_lacks_is_the_default()
    {
        WorkloadRecord read = Read("""{"id":"ID","name":"web","created":"C","options":{"rootfs":"/r","command":["a"]}}""");
        Assert.Equal(WorkloadRecord.CurrentVersion, read.Version);
        Assert.Equivalent(new WorkloadOptions { Rootfs = "/r", Command = ["a"] }, read.Options, strict: true);
        Assert.Equal((0x12u, 64L << 20, 15, 10, 10L << 20, 3), (read.Options.Umask, read.Options.ShmSize, read.Options.StopSignal, read.Options.StopTimeout, read.Options.Logs.MaxSize, read.Options.Logs.MaxFiles));
    }

    [Fact]
    public void What_a_part_lacks_is_the_default_too()
    {
        WorkloadOptions read = Read("""
            {"id":"ID","name":"web","created":"C","options":{"rootfs":"/r","command":["a"],"umask":0,"logs":{"maxFiles":7},"limits":{"memory":9},"health":{"command":"true"},
            "mounts":[{"kind":"Tmpfs","target":"/t"},{"kind":"Bind","source":"/s","target":"/b","recursive":false}]}}
            """).Options;
        Assert.Equal(0u, read.Umask);
        Assert.Equal(new LogOptions { MaxFiles = 7 }, read.Logs);
        Assert.Equivalent(new LimitOptions { Memory = 9 }, read.Limits, strict: true);
        Assert.Equal(new HealthOptions { Command = "true" }, read.Health);
        Assert.Equivalent(new VolumeOption { Kind = VolumeKind.Tmpfs, Target = "/t" }, read.Mounts[0], strict: true);
        Assert.Equal((false, 0x3FFu), (read.Mounts[1].Recursive, read.Mounts[1].Mode));
    }

    [Fact]
    public void How_it_ended_has_no_error_where_none_was_kept()
    {
        using var folder = new TempFolder("store");
        WorkloadFolder made = Folder(folder);
        File.WriteAllText(made.Path + "/exit.json", """{"status":3,"started":"S","finished":"F"}""");
        Assert.Equal(new ExitRecord { Status = 3, Started = "S", Finished = "F" }, made.Exit());
    }

    /// <summary>The reader forgets the initial value of an init-only property; none may have one.</summary>
    [Fact]
    public void No_initial_value_is_forgotten()
    {
        foreach (PropertyInfo property in s_kinds.SelectMany(kind => kind.GetProperties()).Where(property => property.SetMethod is { } set && !IsRequired(property) && IsInitOnly(set)))
        {
            object? initial = property.GetValue(New(property.DeclaringType!));
            Assert.True(initial is null || initial.Equals(property.PropertyType.IsValueType ? Activator.CreateInstance(property.PropertyType) : null), $"{property.DeclaringType!.Name}.{property.Name} has an initial value: give it set");
        }
    }

    private static bool IsRequired(PropertyInfo property) => property.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute));

    private static bool IsInitOnly(MethodInfo set) => set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(System.Runtime.CompilerServices.IsExternalInit));

    private static object New(Type kind) => Activator.CreateInstance(kind)!;

    private static WorkloadRecord Read(string json)
    {
        using var folder = new TempFolder("store");
        WorkloadFolder made = Folder(folder);
        File.WriteAllText(made.Path + "/workload.json", json);
        return made.Load();
    }

    private static WorkloadFolder Folder(TempFolder folder) => new("00000000000000000000000000000000", folder.Make("one"));
}

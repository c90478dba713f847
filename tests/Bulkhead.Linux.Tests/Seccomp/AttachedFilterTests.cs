using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Seccomp;
using Bulkhead.TestSupport;

namespace Bulkhead.Linux.Tests.Seccomp;

/// <summary>The filter attached to a container of ours decides as those that runc and crun attach for the same profile, but for a listed few.</summary>
public sealed class AttachedFilterTests
{
    private const string Docker = "Docker 20.10", Vsock = "AF_VSOCK refused", Narrow = "x86-64 only";
    private const uint AuditArchAarch64 = 0xC00000B7;
    private const uint NoSystemCall = SeccompAbi.SECCOMP_RET_ERRNO | (uint)Errno.ENOSYS, NotPermitted = SeccompAbi.SECCOMP_RET_ERRNO | 1;

    // futex_waitv and, among x32's own numbers, pwritev2: the largest that the profiles name.
    private const uint Largest = 449, LargestX32 = SeccompAbi.X32_SYSCALL_BIT | 547;
    private const uint I386SocketCall = 102, SYS_SOCKET = 1;

    /// <summary>Where we differ, and why.</summary>
    private static readonly Difference[] s_known =
    [
        new("crun", [Docker, Vsock, Narrow], NoSystemCall, NotPermitted, IsBeyond,
            "crun 1.8.1 gives numbers above the profile the default errno, so that libc does not fall back from a new call to an old one; runc gives ENOSYS, as we do"),
        new("runc", [Narrow], SeccompAbi.SECCOMP_RET_KILL_THREAD, NoSystemCall, IsNeitherX64NorX32,
            "numbers from 2^31 on without x32's bit: runc takes them for x86-64's, libseccomp and we for x32's, which the profile does not list; the kernel has no such call"),
        new("runc", [Vsock], NotPermitted, SeccompAbi.SECCOMP_RET_ALLOW, IsI386Socket, SocketCall),
        new("crun", [Vsock], NotPermitted, SeccompAbi.SECCOMP_RET_ALLOW, IsI386Socket, SocketCall),
    ];

    private const string SocketCall = "a rule on socket's family cannot be checked behind socketcall's pointer: libseccomp drops the condition, we drop the permission (CVE-2026-31431)";

    private sealed record Difference(string Peer, string[] Profiles, uint Ours, uint Theirs, Func<Call, bool> Where, string Reason);

    private static bool IsBeyond(Call call) => call.Arch == Audit.AUDIT_ARCH_X86_64 && call.Number >= SeccompAbi.X32_SYSCALL_BIT
        ? call.Number > LargestX32
        : call.Number > Largest;

    private static bool IsNeitherX64NorX32(Call call) =>
        call.Arch == Audit.AUDIT_ARCH_X86_64 && call.Number > int.MaxValue && (call.Number & SeccompAbi.X32_SYSCALL_BIT) == 0;

    private static bool IsI386Socket(Call call) =>
        call.Arch == Audit.AUDIT_ARCH_I386 && call.Number == I386SocketCall && (uint)call.Arguments[0] == SYS_SOCKET;

    /// <summary>The profile that dockerd 20.10 writes; later ones refuse AF_VSOCK and no longer let socketcall(2) pass.</summary>
    private static JsonObject Profile(string name)
    {
        JsonObject profile = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data/docker-seccomp.json")))!.AsObject();
        if (name == Narrow)
            profile["architectures"] = new JsonArray("SCMP_ARCH_X86_64");
        if (name != Vsock)
            return profile;
        JsonArray allowed = profile["syscalls"]![0]!["names"]!.AsArray();
        Assert.Equal(2, allowed.RemoveAll(n => (string)n! is "socket" or "socketcall"));
        profile["syscalls"]!.AsArray().Add(JsonNode.Parse("""{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":40,"op":"SCMP_CMP_NE"}]}"""));
        profile["defaultErrnoRet"] = 1;
        return profile;
    }

    [Theory]
    [InlineData(Docker)]
    [InlineData(Vsock)]
    [InlineData(Narrow)]
    public void A_container_is_filtered_as_by_runc_and_crun(string name)
    {
        JsonObject profile = Profile(name);
        byte[] attached = AttachedFilter.Of(Repository.Runtime, profile);
        Assert.Equal(SeccompCompiler.Compile(Profiles.Parse(profile.ToJsonString())), attached);
        var ours = new BpfInterpreter(attached);
        ulong[] corners = Corners(profile);
        foreach (string peer in new[] { "runc", "crun" })
        {
            var theirs = new BpfInterpreter(AttachedFilter.Of(peer, profile));
            Assert.InRange(ours.Length, 1, theirs.Length);
            var found = new HashSet<Difference>();
            int dependent = 0;
            foreach (Call plain in Numbers())
            {
                ours.Run(plain);
                theirs.Run(plain);
                // Which arguments are read first depends on the number alone: where none is, none matters.
                bool reads = ours.ReadsArguments || theirs.ReadsArguments;
                dependent += reads ? 1 : 0;
                foreach (Call call in reads ? WithArguments(plain, corners) : [plain])
                    Compare(name, peer, call, ours.Run(call), theirs.Run(call), found);
            }
            Assert.Equal(s_known.Where(d => d.Peer == peer && d.Profiles.Contains(name)), s_known.Where(found.Contains));
            // personality and clone, with each architecture's number, at the least.
            Assert.InRange(dependent, name == Narrow ? 2 : 6, 20);
        }
    }

    private static void Compare(string profile, string peer, Call call, uint mine, uint theirs, HashSet<Difference> found)
    {
        if (mine == theirs)
            return;
        Difference? known = s_known.FirstOrDefault(d => d.Peer == peer && d.Profiles.Contains(profile) && d.Ours == mine && d.Theirs == theirs && d.Where(call));
        Assert.True(known is not null, $"{profile}: {call.Arch:x} {call.Number:x} ({string.Join(' ', call.Arguments.Select(a => a.ToString("x")))}): ours {mine:x}, {peer}'s {theirs:x}");
        found.Add(known);
    }

    private static IEnumerable<Call> Numbers()
    {
        foreach (uint arch in new[] { Audit.AUDIT_ARCH_X86_64, Audit.AUDIT_ARCH_I386, AuditArchAarch64 })
        {
            foreach (uint start in new uint[] { 0, SeccompAbi.X32_SYSCALL_BIT - 8, 0x7ffffff8, uint.MaxValue - 616 })
            {
                for (uint i = 0; i <= 616; i++)
                    yield return new Call(arch, start + i, new ulong[6]);
            }
        }
    }

    /// <summary>Each value in one argument among zeros, in one among ones, and in all.</summary>
    private static IEnumerable<Call> WithArguments(Call call, ulong[] values)
    {
        foreach (ulong value in values)
        {
            yield return call with { Arguments = Enumerable.Repeat(value, 6).ToArray() };
            for (int i = 0; i < 6; i++)
            {
                foreach (ulong rest in new[] { 0ul, ulong.MaxValue })
                {
                    ulong[] arguments = Enumerable.Repeat(rest, 6).ToArray();
                    arguments[i] = value;
                    yield return call with { Arguments = arguments };
                }
            }
        }
    }

    /// <summary>What the profile compares arguments with, its neighbours, each with every bit flipped; every bit alone and all but it.</summary>
    private static ulong[] Corners(JsonObject profile)
    {
        ulong[] compared = profile["syscalls"]!.AsArray().SelectMany(s => s!["args"]?.AsArray() ?? []).Select(a => (ulong)a!["value"]!).Append(SYS_SOCKET).Append(0ul).Distinct().ToArray();
        ulong[] bits = Enumerable.Range(0, 64).Select(b => 1ul << b).ToArray();
        return [.. compared.SelectMany(v => new[] { v, v - 1, v + 1, ~v }.Concat(bits.Select(b => v ^ b))).Concat(bits.Select(b => ~b)).Distinct()];
    }
}

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using Bulkhead.TestSupport;
using Bulkhead.Workloads.Compose.Seccomp;

namespace Bulkhead.Profile;

/// <summary>docs/seccomp.md is the tables, written out. $BULKHEAD_WRITE_DOCS=1 writes it.</summary>
public sealed class DocumentTests
{
    [Fact]
    public void The_document_is_what_the_tables_say()
    {
        string path = Repository.Root + "/docs/seccomp.md", text = Write();
        if (Environment.GetEnvironmentVariable("BULKHEAD_WRITE_DOCS") == "1")
            File.WriteAllText(path, text);
        Assert.Equal(text, File.ReadAllText(path));
    }

    private static string Write()
    {
        var filter = new Filter(DefaultProfile.Make([], []));
        int docker = Filter.Calls.Count(Filter.Docker().Reaches), reachable = Filter.Calls.Count(filter.Reaches);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # The default seccomp profile of `bulkhead run`

            Written by `tests/Profile` from the tables in `src/Bulkhead.Workloads/Compose/Seccomp`; do not edit (`BULKHEAD_WRITE_DOCS=1`).

            Of the {Filter.Calls.Length} x86-64 system calls of Linux 6.1, {reachable} are reachable, {ArgumentRules.All.Sum(rule => rule.Calls.Length)} of them with some arguments only ({docker} by the profile of Docker 20.10).
            The list was made from recordings of real programs (`tests/Profile/Recorded`, by `eng/record-syscalls.sh`) and from sources. What is refused fails
            with EPERM; what a kernel may lack and programs have another way for fails with ENOSYS, as does every number above the table. A call of
            i386 or x32 kills its thread. `exec` gets the same filter.

            A bug in a call that it allows, futex for example, is a way out: only another kernel helps ([threat-model.md](threat-model.md)).

            ## To loosen it

            | Flag | Gives |
            |---|---|
            | `--security-opt seccomp-allow=NAME,NAME` | these calls, with any arguments |

            """);
        foreach (Unlock unlock in Unlocks.All)
        {
            string flag = unlock.Name[0] == '@' ? $"--security-opt seccomp-allow={unlock.Name}" : $"--cap-add {unlock.Name[4..]}";
            string gives = unlock.Name == "@i386" ? "32-bit programs: i386's forms of the calls below (no sockets by socketcall)" : Names(unlock.Calls);
            text.Append(CultureInfo.InvariantCulture, $"| `{flag}` | {gives} |\n");
        }
        text.Append("""
            | `--cap-add MKNOD` | `mknod`, `mknodat` of device nodes, without setuid and setgid bits |
            | `--cap-add NET_RAW` | raw and packet sockets |
            | `--cap-add NET_ADMIN` | netlink of every protocol |
            | `--cap-add AUDIT_WRITE` | netlink to audit |
            | `--security-opt seccomp=FILE` | a profile in Docker's format instead, resolved for the container's capabilities |
            | `--security-opt seccomp=unconfined` | no filter |

            ## Arguments

            | Call | Allowed | What the rest would open |
            |---|---|---|

            """);
        foreach (ArgumentRule rule in ArgumentRules.All)
            text.Append(CultureInfo.InvariantCulture, $"| {Names(rule.Calls)} | {rule.Allowed} | {rule.Reason} |\n");
        text.Append("\nOptions of `prctl`:\n\n| Option | Who needs it |\n|---|---|\n");
        foreach (PrctlOption option in PrctlOptions.All)
            text.Append(CultureInfo.InvariantCulture, $"| `{option.Name}` | {option.Reason} |\n");
        text.Append("\n## Allowed\n\n| Call | About | Who needs it |\n|---|---|---|\n");
        foreach (ProfileCall call in AllowedCalls.All)
            text.Append(CultureInfo.InvariantCulture, $"| `{call.Name}` | {call.Group} | {call.Reason} |\n");
        text.Append("\n## Refused\n\n| Call | Fails with | What it would open |\n|---|---|---|\n");
        foreach (ProfileCall call in RefusedCalls.All)
            text.Append(CultureInfo.InvariantCulture, $"| `{call.Name}` | {(RefusedCalls.IsAbsent(call.Name) ? "ENOSYS" : "EPERM")} | {call.Reason} |\n");
        return text.ToString();
    }

    private static string Names(IEnumerable<string> calls) => string.Join(", ", calls.Select(call => $"`{call}`"));
}

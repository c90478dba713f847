using Bulkhead.TestSupport;

namespace Bulkhead.People;

/// <summary>Command lines that are wrong: one line that says what and where help is, and Docker's exit status.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("foo", 1, "bulkhead: there is no command foo (bulkhead --help lists them)")]
    [InlineData("container foo", 1, "bulkhead container: there is no command foo (bulkhead container --help lists them)")]
    [InlineData("container", 1, "bulkhead container: a command is missing (bulkhead container --help shows its usage)")]
    [InlineData("ps --last x", 1, "bulkhead ps: --last: 'x' is not a whole number (bulkhead ps --help shows its usage)")]
    [InlineData("ps --foo", 1, "bulkhead ps: there is no option --foo (bulkhead ps --help lists them)")]
    [InlineData("ps extra", 1, "bulkhead ps: there is no argument extra (bulkhead ps --help lists them)")]
    [InlineData("rm", 1, "bulkhead rm: CONTAINER is missing (bulkhead rm --help shows its usage)")]
    [InlineData("stop -t", 1, "bulkhead stop: -t needs a value (bulkhead stop --help shows its usage)")]
    [InlineData("rename a", 1, "bulkhead rename: NAME is missing (bulkhead rename --help shows its usage)")]
    [InlineData("run --memory", 125, "bulkhead run: --memory needs a value (bulkhead run --help shows its usage)")]
    [InlineData("exec", 125, "bulkhead exec: CONTAINER COMMAND is missing (bulkhead exec --help shows its usage)")]
    [InlineData("run --rootfs / --isolation microvm true", 125, "bulkhead: --isolation microvm: this tier is not there yet: hardened and userkernel are")]
    public void A_wrong_command_line_gets_one_line(string words, int status, string line)
    {
        using var person = new Person();
        Outcome outcome = person.Type(words.Split(' '));
        Assert.Equal((status, "", line + "\n"), (outcome.ExitCode, outcome.Out, outcome.Err));
    }

    [Theory]
    [InlineData]
    [InlineData("--help")]
    [InlineData("-h")]
    public void Help_is_no_error(params string[] words)
    {
        using var person = new Person();
        Assert.Contains("Usage:", person.Type(words).Ok(), System.StringComparison.Ordinal);
    }
}

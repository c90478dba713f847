using System.IO;
using System.Text.RegularExpressions;
using Bulkhead.TestSupport;
using Bulkhead.UserKernel.Confinement;

namespace Bulkhead.UserKernels;

/// <summary>
/// The two filters, as bytes, attached in children of a C program (Hostile/filters.c) that make every number of every ABI and every odd argument. What is
/// allowed is written down there a second time: neither list changes without the other.
/// </summary>
public sealed class FilterTests
{
    [Theory]
    [InlineData("cell")]
    [InlineData("kernel")]
    public void AFilterAllowsItsListAndNothingElse(string which)
    {
        using var person = new Person();
        string folder = person.Make("filters"), program = folder + "/filters", filter = folder + "/" + which;
        Hostile.Compile("filters", program);
        File.WriteAllBytes(filter, which == "cell" ? CellCalls.Filter() : KernelCalls.Filter());
        Match told = Regex.Match(Command.Run(program, which, filter).Ok(), @"^(\d+) denied, (\d+) made$");
        Assert.True(told.Success);
        int calls = which == "cell" ? CellCalls.Calls.Length : KernelCalls.Calls.Length;
        Assert.InRange(int.Parse(told.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), 2000, int.MaxValue);
        Assert.InRange(int.Parse(told.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture), calls, int.MaxValue);
    }
}

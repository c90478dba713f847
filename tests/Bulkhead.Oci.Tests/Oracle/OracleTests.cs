using System.Collections.Generic;
using System.Text;

namespace Bulkhead.Oci.Tests.Oracle;

/// <summary>Hand-made configs, each with the verdict and the JSON path that a refusal must name.</summary>
public sealed class OracleTests
{
    private static readonly Dictionary<string, OracleCase> s_cases = Load();

    public static IEnumerable<TheoryDataRow<string>> Names()
    {
        foreach (OracleCase item in OracleCase.All())
            yield return item.Name;
    }

    private static Dictionary<string, OracleCase> Load()
    {
        var cases = new Dictionary<string, OracleCase>();
        foreach (OracleCase item in OracleCase.All())
            cases.Add(item.Name, item);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Verdict_and_path_are_as_written(string name)
    {
        OracleCase item = s_cases[name];
        string? error = Verdict.Of(Encoding.UTF8.GetBytes(item.Json), item.Options);
        if (item.Accept)
        {
            Assert.Null(error);
            return;
        }
        Assert.NotNull(error);
        Assert.StartsWith($"config.json: {(item.Path.Length == 0 ? "" : item.Path + ": ")}", error);
        Assert.DoesNotContain('\n', error);
    }

    [Fact]
    public void The_oracle_holds_at_least_300_configs() => Assert.True(s_cases.Count >= 300, $"{s_cases.Count}");
}

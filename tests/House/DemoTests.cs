using System.Linq;

namespace Bulkhead.House;

public sealed class DemoTests
{
    [Fact]
    public void The_demo_shows_two_containers_and_leaves_nothing()
    {
        (int status, string output, string errors) = Script.Run("eng/demo.sh");

        Assert.True(status == 0, output + errors);
        Assert.DoesNotContain("UNEXPECTED", output);
        string refused = Section(output, "It is refused");
        Assert.Equal(32, refused.Split('\n').Count(line => line.StartsWith("  ", System.StringComparison.Ordinal)));
        Assert.Contains("write /proc/sys/kernel/core_pattern  EROFS Read-only file system", refused);
        Assert.Contains("fork bomb: forks refused", Section(output, "Limits hold"));
        Assert.Contains("As expected: 32 doors refused", output);
        string loosenings = Section(output, "Each loosening, and what it opens");
        Assert.Equal(7, loosenings.Split('\n').Count(line => line.Contains(" refused: ", System.StringComparison.Ordinal)));
        Assert.Equal(8, loosenings.Split('\n').Count(line => line.Contains(" open with --", System.StringComparison.Ordinal)));
        Assert.Contains("hello from an image", Section(output, "An image, to a registry and back"));
        Assert.Contains("loosening: --allow-unsigned", Section(output, "Whose images run"));
        Assert.Contains("what came has the digest", Section(output, "A layer that was changed at the registry"));
    }

    [Fact]
    public void The_solution_lists_every_project()
    {
        (int status, string output, string errors) = Script.Run("eng/update-solution.sh", "--check");

        Assert.True(status == 0, output + errors);
    }

    private static string Section(string output, string title)
    {
        string[] parts = output.Split("\n" + title + "\n");
        Assert.Equal(2, parts.Length);
        return parts[1].Split("\n\n")[0];
    }
}

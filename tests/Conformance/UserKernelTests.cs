using System;
using System.IO;
using System.Linq;
using System.Reflection;
using Bulkhead.TestSupport;

namespace Bulkhead.Conformance;

public sealed class FieldTestsInUserKernel(UserKernelRootFs root) : FieldTests(root), IClassFixture<UserKernelRootFs>;

public sealed class VerbTestsInUserKernel(UserKernelRootFs root) : VerbTests(root), IClassFixture<UserKernelRootFs>;

public sealed class ChannelTestsInUserKernel(UserKernelRootFs root) : ChannelTests(root), IClassFixture<UserKernelRootFs>;

public sealed class CopyUpTestsInUserKernel(UserKernelRootFs root) : CopyUpTests(root), IClassFixture<UserKernelRootFs>;

public sealed class HookTestsInUserKernel(UserKernelRootFs root) : HookTests(root), IClassFixture<UserKernelRootFs>;

public sealed class JoinTestsInUserKernel(UserKernelRootFs root) : JoinTests(root), IClassFixture<UserKernelRootFs>;

public sealed class LandlockTestsInUserKernel(UserKernelRootFs root) : LandlockTests(root), IClassFixture<UserKernelRootFs>;

public sealed class MountOptionTestsInUserKernel(UserKernelRootFs root) : MountOptionTests(root), IClassFixture<UserKernelRootFs>;

public sealed class MountTestsInUserKernel(UserKernelRootFs root) : MountTests(root), IClassFixture<UserKernelRootFs>;

public sealed class PropagationTestsInUserKernel(UserKernelRootFs root) : PropagationTests(root), IClassFixture<UserKernelRootFs>;

public sealed class ResourceTestsInUserKernel(UserKernelRootFs root) : ResourceTests(root), IClassFixture<UserKernelRootFs>;

public sealed class RefusalTestsInUserKernel(UserKernelRootFs root) : RefusalTests(root), IClassFixture<UserKernelRootFs>;

public sealed class StreamTestsInUserKernel(UserKernelRootFs root) : StreamTests(root), IClassFixture<UserKernelRootFs>;

/// <summary>No test of the suite is silently for one tier: it runs over both, or the table of differences says why not.</summary>
public sealed class DifferenceTests
{
    [Fact]
    public void EveryClassRunsOverBothTiersOrTellsWhyNot()
    {
        Type[] all = [.. Assembly.GetExecutingAssembly().GetTypes().Where(type => type.GetConstructor([typeof(RootFs)]) is not null)];
        Assert.True(all.Length > 12);
        foreach (Type type in all)
            Assert.True(Array.Exists(Assembly.GetExecutingAssembly().GetTypes(), other => other.BaseType == type) != Differences.OfClasses.ContainsKey(type.Name), type.Name);
    }

    /// <summary>A row that no test has would hide nothing, and say something that is not so.</summary>
    [Fact]
    public void EveryDifferenceIsOfATestAndInTheDocument()
    {
        string document = File.ReadAllText(Path.Combine(Repository.Root, "docs/userkernel.md"));
        foreach (Difference each in Differences.Rows)
        {
            string[] parts = each.Test.Split('.');
            MethodInfo? method = Type.GetType("Bulkhead.Conformance." + parts[0])?.GetMethod(parts[1]);
            Assert.True(method is not null, each.Test);
            if (each.Row.Length > 0)
                Assert.True(method.GetCustomAttributes<InlineDataAttribute>().Any(row => row.Data.Contains(each.Row)), $"{each.Test}: {each.Row}");
            Assert.Contains(each.Reason, document, StringComparison.Ordinal);
        }
        Assert.All(Differences.OfClasses.Values, reason => Assert.Contains(reason, document, StringComparison.Ordinal));
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Bulkhead.Fuzz;

/// <summary>Every parser of hostile bytes: what failed once, and new inputs.</summary>
public sealed class FuzzTests
{
    private static readonly Target[] s_targets =
    [
        new ConfigTarget(), new ExecProcessTarget(), new ResourcesTarget(), new SeccompTarget(), new StateTarget(), new PolicyTarget(), new MountOptionsTarget(),
        new MountInfoTarget(), new ProcessStatTarget(), new CgroupFileTarget(), new NetlinkTarget(), new DBusTarget(), new WordsTarget(), new FlagsTarget(),
        new PairFileTarget(), new DurationTarget(), new TemplateTarget(), new FlagErrorTarget(),
        new ReferenceTarget(), new RegistriesTarget(), new AuthFileTarget(), new AnswerTarget(), new ManifestTarget(), new TarTarget(), new ArchiveTarget(), new ArchiveDocumentTarget(), new TrustPolicyTarget(), new PayloadTarget(), new KeyTarget(),
    ];

    public static IEnumerable<TheoryDataRow<string>> Names => s_targets.Select(target => new TheoryDataRow<string>(target.Name));

    public static IEnumerable<TheoryDataRow<string, string>> Corpus =>
        from target in s_targets from file in Fuzzer.CorpusOf(target.Name) select new TheoryDataRow<string, string>(target.Name, Path.GetFileName(file));

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_input_gets_a_verdict(string name) => new Fuzzer(Find(name)).Run();

    [Theory]
    [MemberData(nameof(Corpus))]
    public void What_failed_once_gets_a_verdict(string name, string file) =>
        new Fuzzer(Find(name)).Replay(Path.Combine(AppContext.BaseDirectory, "Corpus", name, file));

    [Fact]
    public void Every_folder_of_the_corpus_has_a_target() =>
        Assert.All(Directory.GetDirectories(Path.Combine(AppContext.BaseDirectory, "Corpus")), folder => Find(Path.GetFileName(folder)));

    private static Target Find(string name) => s_targets.Single(target => target.Name == name);
}

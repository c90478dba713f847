using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.IO.MemoryMappedFiles;
using System.Linq;
using System.Text;
using System.Threading;

namespace Bulkhead.Fuzz;

/// <summary>
/// Feeds one target with changed inputs for a second, or $BULKHEAD_FUZZ_SECONDS. Input I of seed S is the same in every run: `make test` has
/// seed 1, a longer run one of its own or $BULKHEAD_FUZZ_SEED. What fails is written to .work/fuzz/TARGET; checked in as Corpus/TARGET/NAME it
/// is replayed by every run.
/// </summary>
internal sealed class Fuzzer(Target target)
{
    private const int Shown = 300;
    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(20);
    private static readonly string? s_seconds = Environment.GetEnvironmentVariable("BULKHEAD_FUZZ_SECONDS");

    private readonly string _folder = Directory.CreateDirectory(Path.Combine(Root(), ".work", "fuzz", target.Name)).FullName;
    private long _iteration;

    private static int Seed() =>
        Environment.GetEnvironmentVariable("BULKHEAD_FUZZ_SEED") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture)
        : string.IsNullOrEmpty(s_seconds) ? 1 : Random.Shared.Next();

    public void Run()
    {
        int seed = Seed();
        var limit = TimeSpan.FromSeconds(string.IsNullOrEmpty(s_seconds) ? 1 : double.Parse(s_seconds, CultureInfo.InvariantCulture));
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"fuzz {target.Name}: seed {seed}"));
        var mutator = new Mutator([.. target.Seeds, .. CorpusOf(target.Name).Select(File.ReadAllBytes)], [.. target.Words.Select(Encoding.UTF8.GetBytes)]);
        var clock = Stopwatch.StartNew();
        using Timer watch = Watch(seed);
        // A crash of the process leaves here what it was given last.
        string path = Path.Combine(_folder, "last");
        using (var last = MemoryMappedFile.CreateFromFile(path, FileMode.Create, null, (1 << 20) + 8))
        using (MemoryMappedViewAccessor view = last.CreateViewAccessor())
        {
            for (; _iteration < 20 || clock.Elapsed < limit; Interlocked.Increment(ref _iteration))
            {
                byte[] input = mutator.Next(new Random(HashCode(seed, _iteration)));
                view.Write(0, (long)input.Length);
                view.WriteArray(8, input, 0, input.Length);
                Try(input, string.Create(CultureInfo.InvariantCulture, $"seed {seed}, input {_iteration}"));
            }
        }
        File.Delete(path);
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"fuzz {target.Name}: {_iteration} inputs in {clock.Elapsed.TotalSeconds:F0} s"));
        target.Finish();
    }

    public void Replay(string file) => Try(File.ReadAllBytes(file), file);

    public static IEnumerable<string> CorpusOf(string name)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "Corpus", name);
        return Directory.Exists(folder) ? Directory.GetFiles(folder).Order(StringComparer.Ordinal) : [];
    }

    private void Try(byte[] input, string where)
    {
        try
        {
            target.Run(input);
        }
        catch (Exception error)
        {
            string path = Path.Combine(_folder, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(input).AsSpan(0, 8)));
            File.WriteAllBytes(path, input);
            string text = Encoding.UTF8.GetString(input.AsSpan(0, Math.Min(input.Length, Shown)));
            throw new InvalidOperationException($"{target.Name}, {where}, {input.Length} bytes in {path}: {error.GetType().Name}: {error.Message}\n{text}", error);
        }
    }

    /// <summary>Ends the process when one input takes so long that it hangs: "last" has it.</summary>
    private Timer Watch(int seed)
    {
        long before = -1;
        return new Timer(_ =>
        {
            long now = Interlocked.Read(ref _iteration);
            if (now == before)
                Environment.FailFast($"{target.Name}: seed {seed}, input {now} hangs");
            before = now;
        }, null, s_hang, s_hang);
    }

    // Not System.HashCode, which differs from process to process.
    private static int HashCode(int seed, long iteration) => unchecked((int)(((ulong)(seed * 1_000_003L + iteration) * 0x9E3779B97F4A7C15UL) >> 32));

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Bulkhead.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("no Bulkhead.slnx above " + AppContext.BaseDirectory);
    }
}

using System;
using System.IO;
using Bulkhead.Images.Store;
using Bulkhead.Linux;
using Xunit.Runner.InProc.SystemConsole;

namespace Bulkhead.Images.Tests;

/// <summary>The tests; or, as "child STEP ...", one step on a store, as a process of its own.</summary>
internal static class Program
{
    public static int Main(string[] args) => args is ["child", ..] ? Child(args[1..]) : ConsoleRunner.Run(args).GetAwaiter().GetResult();

    /// <summary>This program, to be run again.</summary>
    public static string Path { get; } = Environment.ProcessPath!;

    private static int Child(string[] words)
    {
        try
        {
            Run(words);
            return 0;
        }
        catch (StepException error)
        {
            Console.Error.WriteLine(error.Message);
            return 1;
        }
    }

    private static void Run(string[] words)
    {
        string store = words[1], file = words[2];
        switch (words[0])
        {
            case "unpack":
                using (FileStream tar = File.OpenRead(file))
                    Console.WriteLine(new LayerStore(store).Unpack(tar, Digest.Parse(words[3], "child")) ? "unpacked" : "there");
                break;
            case "put":
                byte[] content = File.ReadAllBytes(file);
                using (BlobWriter writer = new ContentStore(store).Begin(Digest.Of(content), content.Length))
                {
                    int from = (int)writer.Offset;
                    for (int at = from; at < content.Length; at += 1000)
                        writer.Write(content.AsSpan(at, Math.Min(1000, content.Length - at)));
                    writer.Commit();
                    Console.WriteLine(writer.AlreadyThere ? "there" : "from " + from.ToString(System.Globalization.CultureInfo.InvariantCulture));
                }
                break;
            case "name":
                new ImageNames(store).Put(StoreTests.Image("docker.io/library/x:latest", Digest.Parse(words[3], "child")));
                break;
            case "collect":
                new Collector(store).Run(() => new KeptContent { DiffIds = [Digest.Parse(words[3], "child")] }, untagged: true);
                break;
            default:
                throw new StepException("no such step: " + words[0]);
        }
    }
}

using System.CommandLine;
using Bulkhead.Images.Store;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Compose;

namespace Bulkhead.Cli.Options;

/// <summary>The flags of run and create.</summary>
internal sealed class RunOptions
{
    private readonly Option<string> rootfs = new("--rootfs") { Description = "directory that is the root file system, instead of an image", HelpName = "DIR" };
    private readonly Option<string> bundle = new("--bundle") { Description = "OCI bundle to begin with, instead of an image", HelpName = "DIR" };
    private readonly Option<string> name = new("--name") { Description = "name of the container (default: one is made up)", HelpName = "NAME" };
    private readonly Option<string> cidFile = new("--cidfile") { Description = "file that gets the container's id; it must not be there yet", HelpName = "FILE" };
    private readonly ImageFlags imageFlags = new();
    private readonly Argument<string[]> command = new("IMAGE-AND-COMMAND") { Description = "the image (none with --rootfs or --bundle), then the program and its arguments", Arity = ArgumentArity.ZeroOrMore };
    private readonly FlagGroup[] groups = [new LifeFlags(), new ProgramFlags(), new PlaceFlags(), new NameFlags(), new LimitFlags(), new WallFlags(), new HealthFlags()];

    public void AddTo(Command verb)
    {
        verb.Options.Add(rootfs);
        verb.Options.Add(bundle);
        imageFlags.AddTo(verb);
        verb.Options.Add(name);
        verb.Options.Add(cidFile);
        foreach (FlagGroup group in groups)
            group.AddTo(verb);
        verb.Arguments.Add(command);
        // -h is the host name, as in Docker.
        foreach (Option option in verb.Options)
        {
            if (option is System.CommandLine.Help.HelpOption)
                option.Aliases.Remove("-h");
        }
    }

    /// <param name="parsed">The command line.</param>
    /// <param name="images">Keeps the image's content until the container is recorded; null: it is made from none.</param>
    public WorkloadRecord Read(ParseResult parsed, out StoreLock? images)
    {
        string? directory = parsed.GetValue(bundle);
        if (directory is not null && parsed.GetValue(rootfs) is not null)
            throw new StepException("--bundle and --rootfs exclude each other: a bundle names its root file system");
        string[] words = parsed.GetValue(command) ?? [];
        RunImage? image = directory is null && parsed.GetValue(rootfs) is null ? imageFlags.Find(parsed, words) : null;
        images = image?.Held;
        (RuntimeConfig Config, string Rootfs)? begun = directory is null ? null : Bundle.Read(directory);
        WorkloadOptions options = image is not null
            ? ImageDefaults.Begin(image.Option, image.Config, words[1..])
            : new WorkloadOptions { Rootfs = begun?.Rootfs ?? Rootfs(parsed.GetValue(rootfs)!), Bundle = directory, Command = words };
        foreach (FlagGroup group in groups)
            options = group.Read(parsed, options);
        if (begun is { } taken)
        {
            options = Bundle.Merge(options, taken.Config);
            Bundle.NotTaken(taken.Config, options).ForEach(Program.Say);
        }
        if (image is not null)
            options = ImageDefaults.Merge(options, image.Config);
        if (options.Command.Length == 0 && options.Entrypoint is null)
            throw new StepException("no program was given: add it after the options");
        TierFlags.Check(options);
        string id = WorkloadStore.NewId();
        return new WorkloadRecord { Id = id, Name = parsed.GetValue(name) ?? "c" + id[..12], Created = Clock.Now(), Options = options };
    }

    public void WriteId(ParseResult parsed, string id) => OutputFile.WriteNew(parsed.GetValue(cidFile), "--cidfile", id);

    private static string Rootfs(string path)
    {
        using Fd place = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("--rootfs: open", path);
        return Sys.ReadLinkAt(Fd.Cwd, $"/proc/self/fd/{place.Value}").OrThrow("resolve", path);
    }
}

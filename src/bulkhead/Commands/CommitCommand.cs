using System.Collections.Generic;
using System.CommandLine;
using Bulkhead.Cli.Images;
using Bulkhead.Images;
using Bulkhead.Images.Archive;
using Bulkhead.Images.References;
using Bulkhead.Images.Store;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Compose;
using Bulkhead.Workloads.Copy;

namespace Bulkhead.Cli.Commands;

/// <summary>commit: an image of a container's image and what it changed.</summary>
internal static class CommitCommand
{
    public static Command Make()
    {
        var author = new Option<string>("--author", "-a") { Description = "who made it", HelpName = "NAME" };
        var message = new Option<string>("--message", "-m") { Description = "a note for history", HelpName = "TEXT" };
        var change = new Option<string[]>("--change", "-c") { Description = "as import's: CMD, ENTRYPOINT, ENV, ...", HelpName = "INSTRUCTION" };
        var pause = new Option<bool>("--pause", "-p") { Description = "pause the container meanwhile (default; =false: do not)", DefaultValueFactory = _ => true };
        Argument<string> container = ContainerArgument.One();
        var name = new Argument<string>("NAME") { Description = "[REGISTRY/]NAME[:TAG]" };
        var command = new Command("commit", "Make an image of what a container changed, over its own image") { author, message, change, pause, container, name };
        command.SetAction(parsed =>
        {
            Workload workload = Workload.Find(parsed.GetValue(container)!);
            ImageReference reference = ImageReference.Parse(parsed.GetValue(name)!);
            var entry = new HistoryEntry { CreatedBy = "bulkhead commit", Author = parsed.GetValue(author), Comment = parsed.GetValue(message) };
            bool stops = parsed.GetValue(pause) && workload.Status == "running";
            if (stops)
                Machine.Containers.Pause(workload.Id);
            try
            {
                Output.Line(Commit(workload, reference, parsed.GetValue(change) ?? [], entry).Id.Text);
            }
            finally
            {
                if (stops)
                    Machine.Containers.Resume(workload.Id);
            }
            return 0;
        });
        return command;
    }

    private static LoadedImage Commit(Workload workload, ImageReference name, string[] changes, HistoryEntry entry)
    {
        ImageLibrary library = Machine.Images;
        using var held = StoreLock.Shared(library.Root);
        ImageOption option = workload.Record.Options.Image
            ?? throw new StepException($"container {workload.Name} was not made from an image: `bulkhead export {workload.Name} | bulkhead import - NAME` makes one of all its files");
        LoadedImage from = library.Load(new NamedImage
        {
            Target = new Descriptor { Digest = option.Manifest },
            Manifest = option.Manifest,
            Pulled = workload.Record.Created,
        });
        using Fd file = library.ScratchFile();
        string upper = workload.Folder.LayerPath + "/upper";
        List<LayerChange> found = LayerDiff.Of(upper, RootPath.Of(workload.Record.Options), DiffCommand.MountPoints(workload));
        library.Scratching(() =>
        {
            LayerTar.Write(upper, found, new FdStream(file), Program.Say);
            return Sys.Seek(file, 0);
        });
        return new ImageMaker(library).Commit(from, new FdStream(file), name, Changes.Apply(from.Config.Program ?? new ProgramConfig(), changes), entry);
    }
}

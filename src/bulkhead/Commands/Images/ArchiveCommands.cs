using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using Bulkhead.Cli.Images;
using Bulkhead.Images;
using Bulkhead.Images.Archive;
using Bulkhead.Images.References;
using Bulkhead.Images.Store;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Cli.Commands;

/// <summary>save, load and import: images as files.</summary>
internal static class ArchiveCommands
{
    private static readonly Dictionary<string, ArchiveFormat> Formats = new() { ["docker-archive"] = ArchiveFormat.DockerArchive, ["oci-archive"] = ArchiveFormat.OciArchive };

    public static Command Save()
    {
        var output = new Option<string>("--output", "-o") { Description = "file to write (default: standard output)", HelpName = "FILE" };
        var format = new Option<string>("--format") { Description = "docker-archive (default: docker, podman and OCI tools read it) or oci-archive", HelpName = "FORMAT" };
        var names = new Argument<string[]>("IMAGE") { Arity = ArgumentArity.OneOrMore, Description = "names, or beginnings of ids" };
        var command = new Command("save", "Write images to a tar") { output, format, names };
        command.SetAction(parsed =>
        {
            if (!Formats.TryGetValue(parsed.GetValue(format) ?? "docker-archive", out ArchiveFormat written))
                throw new StepException($"--format: '{parsed.GetValue(format)}' is not docker-archive or oci-archive");
            using StoreLock held = Held();
            LoadedImage[] images = Array.ConvertAll(parsed.GetValue(names)!, Machine.Images.Require);
            void Write(Fd file)
            {
                using var stream = new BufferedStream(new FdStream(file), 1 << 18);
                new ArchiveWriter(Machine.Images).Write(stream, images, written);
            }
            if (parsed.GetValue(output) is { } path)
                NewFile.Write(path, "--output", Write);
            else if (Sys.IsTerminal(Fd.Borrow(1)))
                throw new StepException("save: a tar is nothing for a terminal: give --output FILE, or send it elsewhere");
            else
                Write(Fd.Borrow(1));
            return 0;
        });
        return command;
    }

    public static Command Load()
    {
        var input = new Option<string>("--input", "-i") { Description = "file, or directory with an OCI layout (default: standard input)", HelpName = "FILE" };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "do not show what is loaded" };
        var name = new Option<string>("--name") { Description = "name for an image that has none of its own", HelpName = "NAME[:TAG]" };
        var command = new Command("load", "Bring images from what docker save, podman save, skopeo, buildah or umoci wrote") { input, quiet, name };
        command.SetAction(parsed =>
        {
            using StoreLock held = Held();
            ImageReference? wanted = parsed.GetValue(name) is { } text ? ImageReference.Parse(text) : null;
            using Fd source = Input(parsed.GetValue(input));
            foreach (ImageReference loaded in new ArchiveLoader(Machine.Images).Load(source, parsed.GetValue(input) ?? "standard input", wanted))
            {
                if (!parsed.GetValue(quiet))
                    Output.Line("Loaded image: " + loaded.Familiar);
            }
            return 0;
        });
        return command;
    }

    public static Command Import()
    {
        var change = new Option<string[]>("--change", "-c") { Description = "CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME or WORKDIR as in a Dockerfile", HelpName = "INSTRUCTION" };
        var message = new Option<string>("--message", "-m") { Description = "a note for history", HelpName = "TEXT" };
        var file = new Argument<string>("FILE") { Description = "tar of a root file system, or - for standard input" };
        var name = new Argument<string>("NAME") { Description = "[REGISTRY/]NAME[:TAG]" };
        var command = new Command("import", "Make an image of one layer from a root file system's tar") { change, message, file, name };
        command.SetAction(parsed =>
        {
            using StoreLock held = Held();
            ImageReference reference = ImageReference.Parse(parsed.GetValue(name)!);
            string path = parsed.GetValue(file)!;
            using Fd source = Input(path == "-" ? null : path);
            LoadedImage image = new ImageMaker(Machine.Images).Import(source, path, reference, Changes.Apply(new(), parsed.GetValue(change) ?? []), parsed.GetValue(message) ?? "");
            Output.Line(image.Id.Text);
            return 0;
        });
        return command;
    }

    /// <summary>Content that has no name yet, or loses it meanwhile, stays as long.</summary>
    private static StoreLock Held() => StoreLock.Shared(Machine.Images.Root);

    private static Fd Input(string? path)
    {
        if (path is not null)
            return Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY | Fcntl.O_NOCTTY).OrThrow("open", path);
        if (Sys.IsTerminal(Fd.Borrow(0)))
            throw new StepException("a tar does not come from a terminal: name a file, or send one to standard input");
        return Fd.Borrow(0);
    }
}

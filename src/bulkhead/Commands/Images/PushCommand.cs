using System.Collections.Generic;
using System.CommandLine;
using Bulkhead.Cli.Images;
using Bulkhead.Cli.Options;
using Bulkhead.Images;
using Bulkhead.Images.Pull;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry;
using Bulkhead.Images.Store;
using Bulkhead.Linux;

namespace Bulkhead.Cli.Commands;

/// <summary>push.</summary>
internal static class PushCommand
{
    public static Command Make()
    {
        var quiet = new Option<bool>("--quiet", "-q") { Description = "only the digest at the end" };
        var all = new Option<bool>("--all-tags", "-a") { Description = "all tags that the store has of the repository" };
        var name = new Argument<string>("IMAGE") { Description = "the name that it has here and there" };
        var command = new Command("push", "Bring an image to its registry") { quiet, all, name };
        command.SetAction(parsed =>
        {
            string text = parsed.GetValue(name)!;
            using var held = StoreLock.Shared(Machine.Images.Root);
            using RegistryClient client = Machine.Registry();
            foreach (LoadedImage image in parsed.GetValue(all) ? Tags(text) : [Machine.Images.Require(ImageReference.Parse(text).ToString())])
                Push(client, image, parsed.GetValue(quiet));
            return 0;
        });
        return command;
    }

    private static void Push(RegistryClient client, LoadedImage image, bool quiet)
    {
        ImageReference to = image.Reference!;
        Digest digest = ImageSource.Shown(quiet, "Pushing", progress => new Pusher(client, Machine.Images, progress).Push(image, to));
        Output.Line(quiet ? digest.Text : $"{to.Tag ?? ""}: digest: {digest} size: {Machine.Images.Content.Read(digest, ImageLibrary.MaxDocument).Length}");
    }

    private static List<LoadedImage> Tags(string text)
    {
        ImageReference repository = ImageFlags.Repository(text);
        List<LoadedImage> images = Machine.Images.All().FindAll(image => image.Reference is { Tag: not null } one && one.Name == repository.Name);
        images.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return images.Count > 0 ? images : throw new StepException($"no such image: {repository.Name} has no tags in the store");
    }
}

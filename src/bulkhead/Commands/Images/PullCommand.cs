using System.Collections.Generic;
using System.CommandLine;
using Bulkhead.Cli.Images;
using Bulkhead.Cli.Options;
using Bulkhead.Images;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry;

namespace Bulkhead.Cli.Commands;

/// <summary>pull.</summary>
internal static class PullCommand
{
    public static Command Make()
    {
        var quiet = new Option<bool>("--quiet", "-q") { Description = "only the image's name at the end" };
        var platform = new Option<string>("--platform") { Description = "of an image for several: linux/ARCHITECTURE (default: this machine's)", HelpName = "PLATFORM" };
        Option<bool> allowUnsigned = ImageFlags.Unsigned();
        var all = new Option<bool>("--all-tags", "-a") { Description = "all tags that the registry has of the repository" };
        var name = new Argument<string>("IMAGE") { Description = "[REGISTRY/]NAME[:TAG][@DIGEST]" };
        var command = new Command("pull", "Bring an image from its registry, check and unpack it") { quiet, platform, allowUnsigned, all, name };
        command.SetAction(parsed =>
        {
            string text = parsed.GetValue(name)!;
            foreach (ImageReference reference in parsed.GetValue(all) ? Tags(text) : [ImageReference.Parse(text)])
                Pull(reference, parsed.GetValue(platform), parsed.GetValue(quiet), parsed.GetValue(allowUnsigned));
            return 0;
        });
        return command;
    }

    private static void Pull(ImageReference reference, string? platform, bool quiet, bool allowUnsigned)
    {
        Digest? before = Machine.Images.Names.Get(reference.ToString())?.Target is { } old ? Digest.Parse(old.Digest, reference.ToString()) : null;
        LoadedImage image = ImageSource.Pull(reference, platform, quiet, allowUnsigned);
        if (Machine.Trust(false).Judge(image) is { Allowed: false } verdict)
            Program.Loosening($"--allow-unsigned: {image.Name} was let through: {verdict.Why}");
        if (!quiet)
            Say(image, before);
        Output.Line(reference.ToString());
    }

    private static List<ImageReference> Tags(string text)
    {
        ImageReference repository = ImageFlags.Repository(text);
        using RegistryClient client = Machine.Registry();
        var tags = new List<ImageReference>();
        foreach (string tag in client.Tags(repository))
            tags.Add(repository.WithTag(tag));
        return tags;
    }

    /// <summary>Docker's last lines, and when a tag stands for something else than before.</summary>
    private static void Say(LoadedImage image, Digest? before)
    {
        string digest = image.Named.Target.Digest;
        Output.Line("Digest: " + digest);
        if (before is { } old && old.Text != digest)
            Output.Line($"Moved: {image.Named.Reference} was {old}");
        Output.Line(before?.Text == digest ? $"Status: Image is up to date for {image.Named.Reference}" : $"Status: Downloaded newer image for {image.Named.Reference}");
    }
}

using System.CommandLine;
using Bulkhead.Cli.Images;
using Bulkhead.Images;
using Bulkhead.Images.Pull;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry;
using Bulkhead.Images.Store;

namespace Bulkhead.Cli.Commands;

/// <summary>push.</summary>
internal static class PushCommand
{
    public static Command Make()
    {
        var quiet = new Option<bool>("--quiet", "-q") { Description = "only the digest at the end" };
        var name = new Argument<string>("IMAGE") { Description = "the name that it has here and there" };
        var command = new Command("push", "Bring an image to its registry") { quiet, name };
        command.SetAction(parsed =>
        {
            ImageReference to = ImageReference.Parse(parsed.GetValue(name)!);
            using var held = StoreLock.Shared(Machine.Images.Root);
            LoadedImage image = Machine.Images.Require(to.ToString());
            using RegistryClient client = Machine.Registry();
            Digest digest = ImageSource.Shown(parsed.GetValue(quiet), progress => new Pusher(client, Machine.Images, progress).Push(image, to));
            Output.Line(parsed.GetValue(quiet) ? digest.Text : $"{to.Tag ?? ""}: digest: {digest} size: {Machine.Images.Content.Read(digest, ImageLibrary.MaxDocument).Length}");
            return 0;
        });
        return command;
    }
}

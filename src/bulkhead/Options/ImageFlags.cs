using System.CommandLine;
using Bulkhead.Cli.Images;
using Bulkhead.Images;
using Bulkhead.Images.References;
using Bulkhead.Images.Store;
using Bulkhead.Images.Trust;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Options;

/// <summary>The image that a container is made from.</summary>
/// <param name="Option">For its record.</param>
/// <param name="Config">What the image says of itself.</param>
/// <param name="Held">Keeps a collector away: nothing speaks for its content before the container is recorded.</param>
internal sealed record RunImage(ImageOption Option, ImageConfig Config, StoreLock Held);

/// <summary>Which image, and whether it is pulled.</summary>
internal sealed class ImageFlags
{
    private readonly Option<string> pull = new("--pull") { Description = "ask the image's registry: missing (default), always, never", HelpName = "POLICY" };
    private readonly Option<string> platform = new("--platform") { Description = "of an image for several: linux/ARCHITECTURE (default: this machine's)", HelpName = "PLATFORM" };
    private readonly Option<bool> quiet = new("--quiet", "-q") { Description = "do not show what is pulled" };

    private readonly Option<bool> allowUnsigned = Unsigned();

    /// <summary>The opt-out of trust.</summary>
    public static Option<bool> Unsigned() => new("--allow-unsigned") { Description = "let an image through that the trust policy refuses" };

    /// <summary>All of a repository: its name, without a tag.</summary>
    public static ImageReference Repository(string text)
    {
        if (text.Contains('@', System.StringComparison.Ordinal) || text.LastIndexOf(':') > text.LastIndexOf('/'))
            throw new StepException($"'{text}' names one image: all tags are a repository's, so give its name without tag and digest");
        return ImageReference.Parse(text);
    }

    public void AddTo(Command verb)
    {
        verb.Options.Add(pull);
        verb.Options.Add(platform);
        verb.Options.Add(quiet);
        verb.Options.Add(allowUnsigned);
    }

    public RunImage Find(ParseResult parsed, string[] words)
    {
        if (words.Length == 0)
            throw new StepException("no image was given: name one, or give a directory by --rootfs or --bundle");
        var held = StoreLock.Shared(Machine.Images.Root);
        (LoadedImage image, TrustVerdict verdict) = ImageSource.Get(words[0], Policy(parsed.GetValue(pull)), parsed.GetValue(platform), parsed.GetValue(quiet), parsed.GetValue(allowUnsigned));
        return new RunImage(ImageSource.OptionOf(image, verdict), image.Config, held);
    }

    private static PullPolicy Policy(string? text) => text switch
    {
        null or "missing" => PullPolicy.Missing,
        "always" => PullPolicy.Always,
        "never" => PullPolicy.Never,
        _ => throw new StepException($"--pull: '{text}' is not always, missing or never"),
    };
}

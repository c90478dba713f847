using System.Text;
using Bulkhead.Images;
using Bulkhead.Images.Pull;
using Bulkhead.Linux;

namespace Bulkhead.Cli.Images;

/// <summary>A line for each step of each layer, on standard error: for logs and pipes.</summary>
/// <param name="doing">What is done to a layer: "Pulling".</param>
internal sealed class PlainProgress(string doing) : IPullProgress
{
    public void Begin(Digest blob, long size, bool there) => Say(blob, there ? "Already exists" : $"{doing} {Sizes.Of(size)}");

    public void Fetched(Digest blob, long bytes)
    {
        // A line for every buffer would be no help.
    }

    public void Unpacking(Digest blob) => Say(blob, "Unpacking");

    public void Done(Digest blob) => Say(blob, "Complete");

    /// <summary>One write: several threads.</summary>
    private static void Say(Digest blob, string what) => Sys.WriteAll(Fd.Borrow(2), Encoding.UTF8.GetBytes($"{blob.ShortHex}: {what}\n"));
}

/// <summary>--quiet.</summary>
internal sealed class NoProgress : IPullProgress
{
    public void Begin(Digest blob, long size, bool there)
    {
        // Nothing is shown.
    }

    public void Fetched(Digest blob, long bytes)
    {
        // Nothing is shown.
    }

    public void Unpacking(Digest blob)
    {
        // Nothing is shown.
    }

    public void Done(Digest blob)
    {
        // Nothing is shown.
    }
}

namespace Bulkhead.Images.Pull;

/// <summary>Hears of a pull or a push; from several threads at once.</summary>
public interface IPullProgress
{
    /// <summary>A layer or another blob begins; again where a push begins one anew.</summary>
    /// <param name="blob">Which.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="there">It is there already.</param>
    void Begin(Digest blob, long size, bool there);

    /// <summary>Bytes of it that have come, or gone.</summary>
    void Fetched(Digest blob, long bytes);

    /// <summary>It is whole and checked, and being unpacked.</summary>
    void Unpacking(Digest blob);

    void Done(Digest blob);
}

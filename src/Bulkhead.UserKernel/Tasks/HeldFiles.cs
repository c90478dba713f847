using System.Collections.Generic;
using Bulkhead.UserKernel.Files;

namespace Bulkhead.UserKernel.Tasks;

/// <summary>
/// The open files of the system call in hand. A call that waits keeps them (fdget of fs/file.c): another thread that closes or replaces a
/// descriptor meanwhile does not redirect it. They are noted as they are looked up, and referenced only once the call waits.
/// </summary>
internal sealed class HeldFiles
{
    private readonly List<(int Fd, OpenFile File)> files = [];
    private bool isHeld;

    public void Note(int fd, OpenFile file)
    {
        foreach ((int known, OpenFile same) in files)
        {
            if (known == fd && same == file)
                return;
        }
        Add(fd, file);
    }

    /// <summary>One of many (poll(2)), in their order.</summary>
    public void Add(int fd, OpenFile file)
    {
        // Too late for this wait: a call that found it when it was run again has it for itself.
        if (!isHeld)
            files.Add((fd, file));
    }

    /// <summary>What the descriptor was when the call began to wait; null: the call did not look at it before.</summary>
    public OpenFile? Find(int fd)
    {
        foreach ((int known, OpenFile file) in files)
        {
            if (known == fd)
                return isHeld ? file : null;
        }
        return null;
    }

    /// <summary>The same by its place among those of <see cref="Add"/>.</summary>
    public OpenFile? At(int index, int fd) => isHeld && index < files.Count && files[index].Fd == fd ? files[index].File : null;

    public void Hold()
    {
        if (isHeld)
            return;
        isHeld = true;
        foreach ((_, OpenFile file) in files)
            file.Share();
    }

    /// <summary>The call has ended.</summary>
    public void Drop()
    {
        if (!isHeld)
        {
            files.Clear();
            return;
        }
        isHeld = false;
        while (files.Count > 0)
        {
            OpenFile file = files[^1].File;
            files.RemoveAt(files.Count - 1);
            file.Release();
        }
    }
}

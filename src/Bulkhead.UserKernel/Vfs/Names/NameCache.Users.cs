using System;
using System.Collections.Generic;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs.Names;

/// <summary>Who may search a directory: what the host has said, a bit for each user.</summary>
internal sealed unsafe partial class NameCache
{
    private const int MostSearchers = 64;
    private readonly List<Credentials> users = [];
    private Credentials? lastUser;
    private int lastNumber;
    private long searchTurn;

    /// <summary>Modes or owners of directories may have changed.</summary>
    public void ForgetSearchers() => searchTurn++;

    /// <summary>The host has let this user look for a name in the directory.</summary>
    public bool IsSearchable(Entry directory, Credentials user)
    {
        int number = NumberOf(user);
        return number < MostSearchers && (directory.IsFixed || directory.SearchTurn == searchTurn) && (directory.Searchers >> number & 1) != 0;
    }

    /// <summary>Asks the host: 0 or -errno.</summary>
    public long MaySearch(Entry directory, Credentials user)
    {
        const int AccessExecute = 1, EffectiveIds = 0x200;
        long fd = Descriptor(directory);
        if (fd < 0)
            return NotKnown;
        long error = HostFiles.Named(SysNr.faccessat2, (int)fd, "", AccessExecute, EffectiveIds | Fcntl.AT_EMPTY_PATH);
        if (error == 0)
            NoteSearch(directory, user);
        return error;
    }

    private void NoteSearch(Entry directory, Credentials user)
    {
        int number = NumberOf(user);
        if (number >= MostSearchers)
            return;
        if (directory.SearchTurn != searchTurn && !directory.IsFixed)
            directory.Searchers = 0;
        directory.SearchTurn = searchTurn;
        directory.Searchers |= 1UL << number;
    }

    /// <summary>Users are alike when all that the host's file systems look at is.</summary>
    private int NumberOf(Credentials user)
    {
        if (ReferenceEquals(user, lastUser))
            return lastNumber;
        int number = 0;
        while (number < users.Count && !IsAlike(users[number], user))
            number++;
        if (number == users.Count && number < MostSearchers)
            users.Add(user);
        (lastUser, lastNumber) = (user, number);
        return number;
    }

    private static bool IsAlike(Credentials a, Credentials b) => a.Fsuid == b.Fsuid && a.Fsgid == b.Fsgid
        && (a.Effective & Credentials.OfFiles) == (b.Effective & Credentials.OfFiles) && a.Groups.AsSpan().SequenceEqual(b.Groups);
}

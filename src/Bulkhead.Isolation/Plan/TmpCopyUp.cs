using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Isolation.Plan;

/// <summary>
/// tmpcopyup: a tmpfs that starts with what the image has at its destination. Made and filled on the host's side, before anything of
/// the container runs, and only by descriptors: the image's links cannot lead the copy to the host's files. With a user namespace the
/// tmpfs still is the host's, so that owners keep the host ids that the image has, which is what the container sees in its root too.
/// </summary>
internal static class TmpCopyUp
{
    private const ulong InRoot = Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_NO_MAGICLINKS;
    private const ulong Strict = Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_SYMLINKS | Fcntl.RESOLVE_NO_MAGICLINKS;
    private const uint PermissionBits = 0xFFF;

    /// <summary>The copy is memory of the host until the container's process is in its cgroup: an image must not fill it.</summary>
    private const long MaxBytes = 256 << 20;
    private const int MaxEntries = 65536, MaxDepth = 64;

    public static Fd Make(RootPlan root, string destination, int index, List<string> data, in MountSpec spec)
    {
        string where = $"$.mounts[{index}] (tmpcopyup): ";
        using Fd context = Sys.FsOpen("tmpfs").OrThrow(where + "open a tmpfs");
        Check(Sys.FsConfig(context, "source", "tmpfs"), where + "name the tmpfs", destination);
        bool hasMode = false;
        foreach (string option in data)
        {
            int equals = option.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? option : option[..equals];
            hasMode |= key == "mode";
            Check(Sys.FsConfig(context, key, equals < 0 ? null : option[(equals + 1)..]), where + "tmpfs option", option);
        }
        Fd tmpfs = Sys.FsMount(context, 0).OrThrow(where + "mount a tmpfs");
        try
        {
            Result<Fd> image = Sys.OpenAt2(root.Tree, destination, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, InRoot);
            if (image.Ok)
            {
                using Fd source = image.Value;
                // fsmount(2) gives an O_PATH descriptor, which fchmod(2) refuses.
                using Fd target = Sys.OpenAt(tmpfs, ".", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY).OrThrow(where + "open the tmpfs");
                new Copy(where).Tree(source, target, destination, hasMode);
            }
            else if (image.Error != Errno.ENOENT)
            {
                throw new StepException(where + "open the image's directory", image.Error, destination);
            }
            // Now, not at the mount: a read-only tmpfs could not have been filled.
            var attributes = new mount_attr { attr_set = spec.AttrSet | spec.RecAttrSet };
            Check(Sys.MountSetAttr(tmpfs, attributes, recursive: false), where + "set attributes of the tmpfs at", destination);
            return tmpfs;
        }
        catch
        {
            tmpfs.Dispose();
            throw;
        }
    }

    private static void Check(Errno error, string step, string path)
    {
        if (error != Errno.None)
            throw new StepException(step, error, path);
    }

    private sealed class Copy(string where)
    {
        private long bytes;
        private int entries, depth;

        public void Tree(Fd source, Fd target, string path, bool keepMode = false)
        {
            if (++depth > MaxDepth)
                throw new StepException($"{where}the image's tree is deeper than {MaxDepth} directories", Errno.ELOOP, path);
            foreach (string name in Sys.ReadDirectory(source).OrThrow(where + "list", path))
            {
                if (++entries > MaxEntries)
                    throw new StepException($"{where}the image has more than {MaxEntries} files there", Errno.EFBIG, path);
                Entry(source, target, name, path + "/" + name);
            }
            stat state = Sys.Fstat(source).OrThrow(where + "stat", path);
            if (!keepMode)
                Attributes(target, state, path);
            depth--;
        }

        /// <summary>Device nodes, fifos and sockets are left out: in a tmpfs of the host's they would be a second way to the device.</summary>
        private void Entry(Fd source, Fd target, string name, string path)
        {
            stat state = Sys.StatAt(source, name, Fcntl.AT_SYMLINK_NOFOLLOW).OrThrow(where + "stat", path);
            switch (state.st_mode & StatMode.S_IFMT)
            {
                case StatMode.S_IFDIR:
                    Directory(source, target, name, path);
                    break;
                case StatMode.S_IFREG:
                    File(source, target, name, path);
                    break;
                case StatMode.S_IFLNK:
                    string link = Sys.ReadLinkAt(source, name).OrThrow(where + "read link", path);
                    Check(Sys.SymlinkAt(link, target, name), where + "copy link", path);
                    Check(Sys.ChownAt(target, name, state.st_uid, state.st_gid, Fcntl.AT_SYMLINK_NOFOLLOW), where + "set owner of", path);
                    break;
            }
        }

        private void Directory(Fd source, Fd target, string name, string path)
        {
            const int Flags = Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW;
            using Fd from = Sys.OpenAt2(source, name, Flags, Strict).OrThrow(where + "open", path);
            Check(Sys.MkdirAt(target, name, 0x1C0), where + "make directory", path);
            using Fd to = Sys.OpenAt2(target, name, Flags, Strict).OrThrow(where + "open", path);
            Tree(from, to, path);
        }

        private void File(Fd source, Fd target, string name, string path)
        {
            // O_NONBLOCK: should it have become a fifo since, the open does not wait.
            using Fd from = Sys.OpenAt2(source, name, Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW | Fcntl.O_NONBLOCK, Strict).OrThrow(where + "open", path);
            stat state = Sys.Fstat(from).OrThrow(where + "stat", path);
            if ((state.st_mode & StatMode.S_IFMT) != StatMode.S_IFREG)
                return;
            using Fd to = Sys.OpenAt2(target, name, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_NOFOLLOW, Strict, 0x180).OrThrow(where + "make", path);
            byte[] buffer = new byte[65536];
            for (int length; (length = Sys.Read(from, buffer).OrThrow(where + "read", path)) > 0;)
            {
                if ((bytes += length) > MaxBytes)
                    throw new StepException($"{where}the image has more than {MaxBytes >> 20} MiB there", Errno.EFBIG, path);
                Check(Sys.WriteAll(to, buffer.AsSpan(0, length)), where + "copy", path);
            }
            Attributes(to, state, path);
        }

        private void Attributes(Fd target, in stat state, string path)
        {
            Check(Sys.ChownAt(target, "", state.st_uid, state.st_gid, Fcntl.AT_EMPTY_PATH), where + "set owner of", path);
            // After the owner: a change of owner drops the set-id bits.
            Check(Sys.Chmod(target, state.st_mode & PermissionBits), where + "set mode of", path);
        }
    }
}

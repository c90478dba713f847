using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Mount = Bulkhead.Oci.Mount;

namespace Bulkhead.Workloads.Compose;

/// <summary>
/// --secret: a file in memory for as long as the container runs, that its user alone reads. It is in no variable (children inherit those, and inspect shows them) and in no
/// file on a disk: the record and the configuration have its name and where it came from.
/// </summary>
public static class SecretFiles
{
    private const int MaxSize = 512 << 10;
    private const uint PrivateMode = 0x1C0, Private = 0x180; // 0700, 0600

    /// <summary>Folders in memory, the first that is one is taken: /run is not on every machine.</summary>
    private static string[] Roots => Sys.GetEuid() == 0
        ? ["/run/bulkhead-secrets", "/dev/shm/bulkhead-secrets"]
        : [Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") + "/bulkhead-secrets", string.Create(CultureInfo.InvariantCulture, $"/dev/shm/bulkhead-secrets-{Sys.GetEuid()}")];

    /// <summary>[id=]NAME,src=FILE[,target=PATH][,uid=N][,gid=N][,mode=OCTAL].</summary>
    public static SecretOption Parse(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string pair in text.Split(','))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? "id" : pair[..equals] switch { "source" => "src", "dst" or "destination" => "target", string other => other };
            if (key is not ("id" or "src" or "target" or "uid" or "gid" or "mode" or "type") || !values.TryAdd(key, equals < 0 ? pair : pair[(equals + 1)..]))
                throw Bad(text, $"'{pair}' is not one of id=, src=, target=, uid=, gid=, mode=, or is there twice");
        }
        if (values.GetValueOrDefault("type") is { } type && type is not ("mount" or "file"))
            throw Bad(text, $"type={type}: a secret is never a variable: every child inherits those, and /proc and inspect show them; read the file instead");
        string name = values.GetValueOrDefault("id") ?? throw Bad(text, "id is missing");
        WorkloadStore.CheckName(name, "--secret");
        string source = values.GetValueOrDefault("src") ?? throw Bad(text, "src=FILE is missing: no secrets are kept here");
        string target = values.GetValueOrDefault("target") ?? name;
        if (target.Contains("..", StringComparison.Ordinal))
            throw Bad(text, "target has .. in it");
        string full = System.IO.Path.GetFullPath(source);
        Read(full).AsSpan().Clear();
        return new SecretOption(name, full, target.StartsWith('/') ? target : "/run/secrets/" + target, Id(values, "uid", text), Id(values, "gid", text), Mode(values, text));
    }

    internal static void Add(List<Mount> mounts, WorkloadOptions options, ProcessUser user, uint firstId, WorkloadFolder folder)
    {
        if (options.Secrets.Length == 0)
            return;
        Forget(folder.Id);
        string own = FindRoot() + "/" + folder.Id;
        Make(own);
        foreach (SecretOption secret in options.Secrets)
        {
            string path = own + "/" + secret.Name;
            byte[] bytes = Read(secret.Source);
            using (Fd file = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_NOFOLLOW, Private).OrThrow("--secret: make", path))
            {
                Require(Sys.WriteAll(file, bytes), path);
                // A plain user stands behind the program's.
                if (Sys.GetEuid() == 0)
                    Require(Sys.ChownAt(file, "", firstId + (secret.Uid ?? user.Uid), firstId + (secret.Gid ?? user.Gid), Fcntl.AT_EMPTY_PATH), path);
                Require(Sys.Chmod(file, secret.Mode), path);
            }
            bytes.AsSpan().Clear();
            mounts.Add(DefaultMounts.Make(secret.Target, "none", path, "bind", "ro", "nosuid", "nodev", "noexec", "private"));
        }
    }

    /// <summary>They go; none is no error.</summary>
    public static void Forget(string id)
    {
        foreach (string root in Roots)
        {
            if (IsOurs(root))
                Trees.Remove(root + "/" + id);
        }
    }

    /// <summary>Anybody could have made a folder or a link of that name in /dev/shm.</summary>
    private static bool IsOurs(string root) => Sys.StatAt(Fd.Cwd, root, Fcntl.AT_SYMLINK_NOFOLLOW) is { Ok: true, Value: var status }
        && status.st_uid == Sys.GetEuid() && (status.st_mode & (StatMode.S_IFMT | 0x3F)) == StatMode.S_IFDIR;

    private static string FindRoot()
    {
        foreach (string root in Roots)
        {
            Result<Fd> parent = Sys.OpenAt(Fd.Cwd, root[..root.LastIndexOf('/')], Fcntl.O_PATH | Fcntl.O_DIRECTORY);
            if (!parent.Ok)
                continue;
            using Fd place = parent.Value;
            if (Sys.FileSystemMagic(place).OrThrow("look at", root) is not (Linux.Abi.Mount.TMPFS_MAGIC or Linux.Abi.Mount.RAMFS_MAGIC))
                continue;
            Make(root);
            if (!IsOurs(root))
                throw new StepException($"--secret: {root} is not a folder of yours alone: remove it");
            return root;
        }
        throw new StepException($"--secret: neither {string.Join(" nor ", Roots)} would be in memory: mount a tmpfs at /run or /dev/shm");
    }

    private static byte[] Read(string path)
    {
        using Fd file = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY).OrThrow("--secret: open", path);
        Result<byte[]> bytes = Sys.ReadFile(file, MaxSize);
        return bytes.Error == Errno.EFBIG ? throw new StepException($"--secret: {path} is larger than {MaxSize >> 10} KiB") : bytes.OrThrow("--secret: read", path);
    }

    private static uint? Id(Dictionary<string, string> values, string key, string text) =>
        values.GetValueOrDefault(key) is not { } value ? null
        : uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) && id < Ids.IdRanges.RangeSize ? id
        : throw Bad(text, $"{key}: '{value}' is no number below {Ids.IdRanges.RangeSize}");

    private static uint Mode(Dictionary<string, string> values, string text)
    {
        uint mode = 0;
        foreach (char digit in values.GetValueOrDefault("mode") ?? "400")
            mode = digit is >= '0' and <= '7' && mode <= 0x1FF ? mode * 8 + (uint)(digit - '0') : 0x1000;
        return mode <= 0x1FF ? mode : throw Bad(text, "mode is no octal number up to 777");
    }

    private static void Make(string path)
    {
        Errno error = Sys.MkdirAt(Fd.Cwd, path, PrivateMode);
        if (error is not (Errno.None or Errno.EEXIST))
            throw new StepException("--secret: make", error, path);
    }

    private static void Require(Errno error, string path)
    {
        if (error != Errno.None)
            throw new StepException("--secret: make", error, path);
    }

    private static StepException Bad(string text, string what) => new($"--secret {text}: {what}");
}

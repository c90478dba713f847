using System;
using System.Formats.Tar;
using System.IO;
using System.Security.Cryptography;
using System.Text;

namespace Bulkhead.TestSupport;

/// <summary>
/// A small image made from Debian's busybox-static and catatonit without any network: as a root file system folder, its tar, and a
/// docker-archive that `docker load`, `podman load` and `ctr images import` all read.
/// </summary>
public sealed class BusyboxImage : IDisposable
{
    /// <summary>Name of the image whose command is a shell. User app has uid and gid 1000.</summary>
    public const string Shell = "localhost/busybox:latest";

    /// <summary>Name of the image that a Kubernetes pod's sandbox container runs: it waits and reaps.</summary>
    public const string Pause = "localhost/pause:latest";

    private readonly TempFolder _folder = new("bhi");

    public BusyboxImage()
    {
        RootFileSystem = _folder.Make("rootfs");
        MakeRootFileSystem(RootFileSystem);
        Command.Run("tar", "-C", RootFileSystem, "-cf", Layer, ".").Ok();
        WriteArchive(ShellArchive, Shell, "[\"/bin/sh\"]");
        WriteArchive(PauseArchive, Pause, "[\"/bin/catatonit\",\"-P\"]");
    }

    /// <summary>The unpacked tree. Copy it before you write to it.</summary>
    public string RootFileSystem { get; }

    public string Layer => _folder["layer.tar"];

    public string ShellArchive => _folder["shell.tar"];

    public string PauseArchive => _folder["pause.tar"];

    public void Dispose() => _folder.Dispose();

    /// <summary>Fills a folder with busybox, its applets and the few files that programs expect.</summary>
    public static void MakeRootFileSystem(string folder)
    {
        foreach (string name in (string[])["bin", "etc", "proc", "sys", "dev", "root", "tmp", "run", "var"])
        {
            Directory.CreateDirectory($"{folder}/{name}");
        }

        // Not by ourselves: a process that another thread starts meanwhile would have the file open for writing, and nobody could execute it (ETXTBSY).
        Command.Run("cp", "/bin/busybox", "/usr/bin/catatonit", folder + "/bin").Ok();
        File.WriteAllText($"{folder}/etc/passwd", "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/tmp:/bin/sh\n");
        File.WriteAllText($"{folder}/etc/group", "root:x:0:\napp:x:1000:\n");
        File.WriteAllText($"{folder}/etc/not-executable", "text\n");
        Command.Run("chroot", folder, "/bin/busybox", "--install", "-s", "/bin").Ok();
        Command.Run("chmod", "1777", $"{folder}/tmp").Ok();
    }

    private void WriteArchive(string path, string name, string command)
    {
        string digest = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Layer)));
        string config = $$$"""
            {"architecture":"amd64","os":"linux","config":{"Cmd":{{{command}}},"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:{{{digest}}}"]}}
            """;
        string id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(config)));
        using var tar = new TarWriter(File.Create(path));
        tar.WriteEntry(Layer, $"{digest}/layer.tar");
        AddText(tar, $"{id}.json", config);
        AddText(tar, "manifest.json", $$"""[{"Config":"{{id}}.json","RepoTags":["{{name}}"],"Layers":["{{digest}}/layer.tar"]}]""");
    }

    private static void AddText(TarWriter tar, string name, string text)
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content });
    }
}

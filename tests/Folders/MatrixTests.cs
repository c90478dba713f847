using System;
using System.Linq;
using Bulkhead.TestSupport;

namespace Bulkhead.Folders;

/// <summary>Every case on every file system that can be idmapped; on the others none, by name.</summary>
public sealed class MatrixTests
{
    public static TheoryData<string, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (string system in FileSystem.Mapped)
            {
                foreach (FolderCase row in FolderCases.All)
                    rows.Add(system, row.Name);
            }
            return rows;
        }
    }

    public static TheoryData<string> Refused => [.. FileSystem.Refused];

    [Theory]
    [MemberData(nameof(Rows))]
    public void AFolder(string system, string name)
    {
        FolderCase row = FolderCases.All.Single(one => one.Name == name);
        string folder = Host.MakeFolder(system, row.Owner), go = $"F={folder}; cd $F; ";
        try
        {
            Host.Shell(go + row.Before).Ok();
            string[] flags = row.Flags.Replace("@F", folder, StringComparison.Ordinal).Split(' ');
            Outcome outcome = Host.Bulkhead(["run", "--rm", "--rootfs", Host.Root, .. row.Flags.StartsWith("-w ", StringComparison.Ordinal) ? [] : new[] { "-w", "/data" }, .. flags, "/bin/sh", "-c", "exec 2>&1; " + row.Inside]);
            Assert.True(outcome.ExitCode == row.ExitCode, outcome.ToString());
            string said = outcome.Out + Host.Shell(go + row.After).Ok();
            Assert.Equal(row.Wanted.Replace("@F", folder, StringComparison.Ordinal), said.Trim('\n', ' '));
            if (row.Explained is null)
                Assert.Equal("", outcome.Err);
            else
                Assert.Contains(row.Explained.Replace("@F", folder, StringComparison.Ordinal), outcome.Err, StringComparison.Ordinal);
        }
        finally
        {
            Host.Remove(folder);
        }
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void AFileSystemThatCannotBeMappedIsRefusedByName(string system)
    {
        string folder = Host.MakeFolder(system, "1234:2345"), look = $"cd {folder}; stat -c '%n %u %g %a %z' . *";
        Host.Shell($"echo x >{folder}/file").Ok();
        string before = Host.Shell(look).Ok();
        string said = Host.Bulkhead("run", "--rm", "--rootfs", Host.Root, "-v", folder + ":/data", "/bin/touch", "/data/made").Exits(125);
        Assert.Contains($"its file system, {system}, cannot be idmapped, and its files are not chowned instead: use a folder on ext4, xfs, btrfs or tmpfs", said, StringComparison.Ordinal);
        Assert.Contains(folder, said, StringComparison.Ordinal);
        Assert.Equal(before, Host.Shell(look).Ok());
    }

    [Theory]
    [InlineData("overlay")]
    [InlineData("ramfs")]
    public void AMountBelowThatCannotBeMappedIsNamed(string kind)
    {
        string folder = Host.MakeFolder("ext4", "1234:2345");
        string make = kind == "ramfs" ? "mount -t ramfs r sub" : $"mkdir l u w; mount -t overlay -o lowerdir=l,upperdir=u,workdir=w o sub";
        Host.Shell($"cd {folder}; mkdir sub; {make}").Ok();
        try
        {
            string said = Host.Bulkhead("run", "--rm", "--rootfs", Host.Root, "-v", folder + ":/data", "/bin/true").Exits(125);
            Assert.Contains($"{folder}/sub, which is mounted below, is a {kind} that cannot be idmapped", said, StringComparison.Ordinal);
            Host.Bulkhead("run", "--rm", "--rootfs", Host.Root, "--mount", $"type=bind,source={folder},target=/data,bind-recursive=disabled", "/bin/true").Ok();
        }
        finally
        {
            Host.Shell($"umount {folder}/sub; rm -rf {folder}").Ok();
        }
    }
}

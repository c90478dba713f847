using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Bulkhead.Linux;

namespace Bulkhead.Workloads.Compose;

/// <summary>Whom the program runs as.</summary>
/// <param name="Uid">Inside.</param>
/// <param name="Gid">Inside.</param>
/// <param name="Groups">Further ones.</param>
/// <param name="Home">For $HOME; null: there is no such user.</param>
public sealed record ProcessUser(uint Uid, uint Gid, uint[] Groups, string? Home)
{
    /// <summary>The user of programs that ask for root or for nobody in particular: "nonroot" of many small images.</summary>
    public const uint NonRoot = 65532;

    /// <summary>passwd(5) and group(5) of the root file system; a number needs neither.</summary>
    public static ProcessUser Resolve(WorkloadOptions options)
    {
        ProcessUser user = Find(options);
        if (options.GroupAdd.Length == 0)
            return user;
        var groups = new List<uint>(user.Groups);
        foreach (string name in options.GroupAdd)
        {
            uint gid = GroupId(name, options, "--group-add");
            if (gid != user.Gid && !groups.Contains(gid))
                groups.Add(gid);
        }
        return user with { Groups = groups.ToArray() };
    }

    private static ProcessUser Find(WorkloadOptions options)
    {
        if (options.User is null)
        {
            uint id = options.AsRoot || options.Privileged ? 0 : NonRoot;
            return new ProcessUser(id, id, [], id == 0 ? "/root" : null);
        }
        string[] parts = options.User.Split(':', 2);
        string[]? line = Find(RootPath.Of(options), "etc/passwd", parts[0], fields: 7);
        uint uid = line is not null ? Number(line[2], options.User) : Id(parts[0], "user", options);
        uint gid = parts.Length == 2 ? GroupId(parts[1], options) : line is not null ? Number(line[3], options.User) : uid == 0 ? 0 : uid;
        uint[] groups = parts.Length == 2 || line is null ? [] : GroupsOf(line[0], gid, RootPath.Of(options));
        return new ProcessUser(uid, gid, groups, line?[5]);
    }

    private static uint GroupId(string name, WorkloadOptions options, string flag = "--user")
    {
        string[]? line = Find(RootPath.Of(options), "etc/group", name, fields: 4);
        return line is not null ? Number(line[2], name) : Id(name, "group", options, flag);
    }

    private static uint Id(string text, string what, WorkloadOptions options, string flag = "--user") =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) && id < Ids.IdRanges.RangeSize
            ? id
            : throw new StepException($"{flag} {(flag == "--user" ? options.User : text)}: {what} '{text}' is not in the root file system's /etc/{(what == "user" ? "passwd" : "group")}, and no number below {Ids.IdRanges.RangeSize}");

    private static uint Number(string field, string asked) =>
        uint.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) && id < Ids.IdRanges.RangeSize
            ? id
            : throw new StepException($"--user {asked}: the root file system gives it the id '{field}', which is no number below {Ids.IdRanges.RangeSize}");

    private static uint[] GroupsOf(string user, uint first, string rootfs)
    {
        var groups = new List<uint>();
        foreach (string[] line in Lines(rootfs, "etc/group", 4))
        {
            if (Array.IndexOf(line[3].Split(','), user) >= 0 && Number(line[2], user) is var gid && gid != first && !groups.Contains(gid))
                groups.Add(gid);
        }
        return groups.ToArray();
    }

    private static string[]? Find(string rootfs, string file, string key, int fields)
    {
        foreach (string[] line in Lines(rootfs, file, fields))
        {
            if (line[0] == key || line[2] == key)
                return line;
        }
        return null;
    }

    private static IEnumerable<string[]> Lines(string rootfs, string file, int fields)
    {
        byte[]? bytes = RootFiles.Read(rootfs, file);
        if (bytes is null)
            yield break;
        foreach (string line in Encoding.UTF8.GetString(bytes).Split('\n'))
        {
            string[] parts = line.Split(':');
            if (parts.Length >= fields)
                yield return parts;
        }
    }
}

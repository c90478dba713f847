using System.Globalization;
using System.Text;
using Bulkhead.UserKernel.Ipc;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>/proc/sysvipc and the limits of IPC in /proc/sys (proc_sysvipc_shm(5) and its neighbours).</summary>
internal static class IpcTexts
{
    private const int Octal = 8;

    public static DirectoryNode Make() => new DirectoryNode()
        .Add("shm", new TextNode(task => Segments(task.Kernel.Ipc)))
        .Add("sem", new TextNode(task => Semaphores(task.Kernel.Ipc)))
        .Add("msg", new TextNode(task => Queues(task.Kernel.Ipc)));

    public static void AddControls(DirectoryNode kernel, DirectoryNode fs)
    {
        foreach ((string name, string value) in ((string, string)[])
            [("shmmax", "18446744073692774399"), ("shmall", "18446744073692774399"), ("shmmni", "4096"), ("shm_rmid_forced", "0"), ("msgmax", "8192"), ("msgmnb", "16384"), ("msgmni", "4096"), ("sem", "32000\t131072000\t500\t4096")])
            kernel.Add(name, Fixed(value));
        fs.Add("mqueue", new DirectoryNode().Add("msg_default", Fixed("10")).Add("msg_max", Fixed("10")).Add("msgsize_default", Fixed("8192")).Add("msgsize_max", Fixed("8192")).Add("queues_max", Fixed("256")));
        fs.Add("inotify", new DirectoryNode().Add("max_queued_events", Fixed("16384")).Add("max_user_instances", Fixed("512")).Add("max_user_watches", Fixed("65536")));
    }

    private static TextNode Fixed(string text) => new(_ => text + "\n");

    private static string Mode(IpcObject item) => System.Convert.ToString(item.Mode, Octal).PadLeft(4);

    private static string Segments(IpcNamespace ipc)
    {
        var text = new StringBuilder("       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n");
        foreach (SharedSegment each in ipc.Segments.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"{each.Key,10} {each.Id,10}  {Mode(each)} {each.Size,21} {each.CreatorPid,5} {each.LastPid,5}  {each.Attached,5} ");
            text.Append(CultureInfo.InvariantCulture, $"{each.Uid,5} {each.Gid,5} {each.CreatorUid,5} {each.CreatorGid,5} {each.AttachTime,10} {each.DetachTime,10} {each.ChangeTime,10} {each.Size,21} {0,21}\n");
        }
        return text.ToString();
    }

    private static string Semaphores(IpcNamespace ipc)
    {
        var text = new StringBuilder("       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n");
        foreach (SemaphoreSet each in ipc.Semaphores.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"{each.Key,10} {each.Id,10}  {Mode(each)} {each.Values.Length,10} {each.Uid,5} {each.Gid,5} {each.CreatorUid,5} {each.CreatorGid,5} ");
            text.Append(CultureInfo.InvariantCulture, $"{each.OperationTime,10} {each.ChangeTime,10}\n");
        }
        return text.ToString();
    }

    private static string Queues(IpcNamespace ipc)
    {
        var text = new StringBuilder("       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n");
        foreach (MessageQueue each in ipc.Queues.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"{each.Key,10} {each.Id,10}  {Mode(each)}  {each.Bytes,10} {each.Count,10} {each.LastSender,5} {each.LastReceiver,5} ");
            text.Append(CultureInfo.InvariantCulture, $"{each.Uid,5} {each.Gid,5} {each.CreatorUid,5} {each.CreatorGid,5} {each.SendTime,10} {each.ReceiveTime,10} {each.ChangeTime,10}\n");
        }
        return text.ToString();
    }
}

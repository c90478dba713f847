using System.Globalization;
using System.Text;
using Bulkhead.UserKernel.Ipc;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>/proc/sysvipc (proc_sysvipc(5)).</summary>
internal static class IpcTexts
{
    private const int Octal = 8;

    public static DirectoryNode Make() => new DirectoryNode()
        .Add("shm", new TextNode(task => Segments(task.Kernel.Ipc)))
        .Add("sem", new TextNode(task => Semaphores(task.Kernel.Ipc)))
        .Add("msg", new TextNode(task => Queues(task.Kernel.Ipc)));

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

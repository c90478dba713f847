using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files.Asynchronous;

/// <summary>IOCB_CMD_POLL: tells once, when one of the events holds. It has a reference of its own to the file and to the eventfd.</summary>
internal sealed class AioPoll(AioContext context, OpenFile file, EventFile? teller, ulong data, ulong block, uint events) : IQueueListener
{
    private bool isPending, isOver;

    public ulong Block => block;

    public void Begin()
    {
        file.Queue.Listeners.Add(this);
        file.Arm(events);
    }

    public void Changed()
    {
        if (isPending)
            return;
        isPending = true;
        file.Kernel.Timers.At(0, _ => Look());
    }

    private void Look()
    {
        isPending = false;
        if (isOver)
            return;
        uint now = file.Poll() & events;
        if (now == 0)
            file.Arm(events);
        else
            Finish(now);
    }

    public void Finish(uint result)
    {
        EventFile? told = teller;
        teller = null;
        context.Remove(this);
        End();
        context.Complete(new AioEvent { Data = data, Block = block, Result = result }, told);
    }

    public void End()
    {
        if (isOver)
            return;
        isOver = true;
        file.Queue.Listeners.Remove(this);
        teller?.Release();
        file.Release();
    }
}

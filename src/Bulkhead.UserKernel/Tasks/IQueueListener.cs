namespace Bulkhead.UserKernel.Tasks;

/// <summary>Hears of each change of a wait queue without being a task that waits.</summary>
internal interface IQueueListener
{
    /// <summary>In the midst of whatever made the change: what follows from it is to be done later.</summary>
    void Changed();
}

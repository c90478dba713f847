using System;
using System.Buffers;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Linux.Cgroups;
using Bulkhead.Oci;

namespace Bulkhead.OciCli.Verbs;

internal static class EventsVerb
{
    public static Verb Verb => new(
        "events", "[options] ID", "print statistics and out-of-memory events as JSON lines",
        [
            new("interval", "", "DURATION", "time between statistics, as 5s (default), 1m30s or 500ms"),
            new("stats", "", "", "print the statistics once"),
        ],
        (1, 1), Run, ["bulkhead-oci events --stats web1", "bulkhead-oci events --interval 10s web1"]);

    private static int Run(Invocation call)
    {
        string interval = call.Line.Get("interval") ?? "5s";
        if (!GoDuration.TryParse(interval, out int milliseconds))
            throw new UsageException($"--interval: '{interval}' is not a duration of a millisecond or more, such as 5s or 500ms");
        var buffer = new ArrayBufferWriter<byte>(4096);
        if (call.Line.Has("stats"))
            PrintStats(call.Id, call.Containers.Stats(call.Id), buffer);
        else
            Follow(call, milliseconds, buffer);
        return 0;
    }

    private static void Follow(Invocation call, int interval, ArrayBufferWriter<byte> buffer)
    {
        using ContainerWatch watch = call.Containers.Watch(call.Id);
        long next = Environment.TickCount64 + interval;
        for (; ; )
        {
            switch (watch.Wait((int)Math.Max(0, next - Environment.TickCount64)))
            {
                case OomEvent.Gone:
                    return;
                case OomEvent.Oom:
                    EventWriter.WriteOom(buffer, call.Id);
                    Flush(buffer);
                    break;
                default:
                    PrintStats(call.Id, watch.Stats(), buffer);
                    next += interval;
                    break;
            }
        }
    }

    private static void PrintStats(string id, CgroupStats stats, ArrayBufferWriter<byte> buffer)
    {
        EventWriter.WriteStats(buffer, id, stats);
        Flush(buffer);
    }

    private static void Flush(ArrayBufferWriter<byte> buffer)
    {
        Invocation.Print(buffer.WrittenSpan);
        buffer.ResetWrittenCount();
    }
}

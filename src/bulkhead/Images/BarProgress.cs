using System.Collections.Generic;
using System.IO;
using System.Text;
using Bulkhead.Images;
using Bulkhead.Images.Pull;
using Bulkhead.Linux;
using Spectre.Console;

namespace Bulkhead.Cli.Images;

/// <summary>A bar for each layer: bytes, rate, time left. Only on a terminal.</summary>
internal sealed class BarProgress : IPullProgress
{
    private readonly Dictionary<Digest, ProgressTask> _tasks = [];
    private readonly ProgressContext _context;
    private readonly string _doing;

    private BarProgress(ProgressContext context, string doing) => (_context, _doing) = (context, doing);

    /// <summary>Runs the work under bars on standard error.</summary>
    /// <param name="doing">What is done to a layer: "Pulling".</param>
    /// <param name="work">The work.</param>
    public static T Show<T>(string doing, System.Func<IPullProgress, T> work)
    {
        using var writer = new StreamWriter(new FdStream(Fd.Borrow(2)), new UTF8Encoding(false)) { AutoFlush = true };
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            ColorSystem = ColorSystemSupport.EightBit,
            Out = new AnsiConsoleOutput(writer),
        });
        return console.Progress()
            .AutoClear(false)
            .HideCompleted(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .Start(context => work(new BarProgress(context, doing.ToLowerInvariant())));
    }

    public void Begin(Digest blob, long size, bool there)
    {
        lock (_tasks)
        {
            // A size of 0 would never be complete.
            ProgressTask task = _context.AddTask(Text(blob, there ? "already exists" : _doing), maxValue: size > 0 ? size : 1);
            if (there)
                task.Value = task.MaxValue;
            _tasks[blob] = task;
        }
    }

    public void Fetched(Digest blob, long bytes)
    {
        lock (_tasks)
            _tasks[blob].Value = bytes;
    }

    public void Unpacking(Digest blob)
    {
        lock (_tasks)
            _tasks[blob].Description = Text(blob, "unpacking");
    }

    public void Done(Digest blob)
    {
        lock (_tasks)
        {
            ProgressTask task = _tasks[blob];
            task.Value = task.MaxValue;
            task.Description = Text(blob, "complete");
            task.StopTask();
        }
    }

    private static string Text(Digest blob, string what) => $"{blob.ShortHex} {what,-14}";
}

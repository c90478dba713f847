using static Bulkhead.Linux.Abi.Termbits;

namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>Editing of a line: what goes, and what the terminal shows of that.</summary>
internal sealed unsafe partial class LineDiscipline
{
    private void Reprint(byte value)
    {
        FinishErasing();
        EchoTyped(value);
        Echo((byte)'\n');
        for (int i = Input.Complete; i < Input.Count; i++)
            EchoTyped(Input[i]);
    }

    private void FinishErasing()
    {
        if (!isErasing)
            return;
        Echo((byte)'/');
        isErasing = false;
    }

    /// <summary>VERASE: one character; VWERASE: the last word; VKILL: the line.</summary>
    private void Erase(byte value)
    {
        if (Input.Edited == 0)
            return;
        bool one = Is(value, VERASE), word = !one && Local(IEXTEN) && Is(value, VWERASE);
        if (!one && !word && !(Local(ECHO) && Local(ECHOK) && Local(ECHOKE) && Local(ECHOE)))
        {
            KillSilently();
            return;
        }
        bool inWord = false;
        while (Input.Edited > 0)
        {
            int length = 1;
            while (length < Input.Edited && IsContinuation(Input[Input.Count - length]))
                length++;
            byte first = Input[Input.Count - length];
            if (IsContinuation(first))
                break;
            if (word)
            {
                if (Letters.IsWord(first))
                    inWord = true;
                else if (inWord)
                    break;
            }
            EraseOne(first, length, one);
            if (one)
                break;
        }
        if (Input.Edited == 0 && Local(ECHO))
            FinishErasing();
    }

    /// <summary>VKILL where the terminal cannot erase: the character, and a new line with ECHOK.</summary>
    private void KillSilently()
    {
        Input.DropEdited(Input.Edited);
        if (!Local(ECHO))
            return;
        FinishErasing();
        EchoTyped(mode.c_cc[VKILL]);
        if (Local(ECHOK))
            Echo((byte)'\n');
    }

    private void EraseOne(byte first, int length, bool one)
    {
        int from = Input.Count - length;
        if (Local(ECHO) && Local(ECHOPRT))
        {
            if (!isErasing)
                Echo((byte)'\\');
            isErasing = true;
            EchoTyped(first);
            for (int i = 1; i < length; i++)
            {
                Echo(Input[from + i]);
                Echo(EchoBack);
            }
        }
        Input.DropEdited(length);
        if (!Local(ECHO) || Local(ECHOPRT))
            return;
        if (one && !Local(ECHOE))
            EchoTyped(mode.c_cc[VERASE]);
        else if (first == '\t')
            EraseTab();
        else
            EraseShown(first);
    }

    private void EraseShown(byte first)
    {
        int cells = !IsControl(first) ? 1 : Local(ECHOCTL) ? 2 : 0;
        for (; cells > 0; cells--)
        {
            Echo((byte)'\b');
            Echo((byte)' ');
            Echo((byte)'\b');
        }
    }

    /// <summary>Back over what the tab skipped: from the tab before it, or from the line's first column.</summary>
    private void EraseTab()
    {
        int cells = 0;
        bool afterTab = false;
        for (int i = Input.Count - 1; i >= Input.Complete && !afterTab; i--)
        {
            byte value = Input[i];
            if (value == '\t')
                afterTab = true;
            else if (IsControl(value))
                cells += Local(ECHOCTL) ? 2 : 0;
            else if (!IsContinuation(value))
                cells++;
        }
        Echo((afterTab ? EchoTab : EchoFirstTab) | (cells % TabWidth));
    }
}

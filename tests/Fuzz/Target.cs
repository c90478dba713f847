using System;
using System.Text;
using Bulkhead.Linux;

namespace Bulkhead.Fuzz;

/// <summary>One parser: good inputs to start from, words of its format, and what must hold of every input.</summary>
internal abstract class Target
{
    private int _accepted;

    public string Name => GetType().Name;

    public abstract byte[][] Seeds { get; }

    public virtual string[] Words => [];

    /// <summary>A verdict, or a <see cref="StepException"/>; anything else is a finding.</summary>
    public void Run(byte[] input)
    {
        try
        {
            Parse(input);
            _accepted++;
        }
        catch (StepException refusal)
        {
            Must(refusal.Message.Length > 0, "a refusal without a word");
        }
    }

    /// <summary>A target that accepts nothing tests its first check only.</summary>
    public void Finish() => Assert.True(_accepted > 0, Name + " accepted no input");

    protected abstract void Parse(byte[] input);

    protected static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    protected static void Must(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException(what);
    }
}

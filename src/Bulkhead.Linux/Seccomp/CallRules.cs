using System;

namespace Bulkhead.Linux.Seccomp;

/// <summary>One comparison, ready for an architecture: value and mask cut to its word, the value masked.</summary>
internal readonly record struct CallCondition(int Index, SeccompOperator Operator, ulong Mask, ulong Value);

/// <summary>"If all these conditions hold, return Action." Rules of one call form a list in the order of their evaluation.</summary>
internal sealed record CallRule(CallCondition[] Conditions, uint Action)
{
    public CallRule? Next { get; set; }
}

/// <summary>The rules of one architecture, by call number.</summary>
internal sealed class CallRules(bool is64Bit)
{
    // 0: no rule. n > 0: always action n-1. n < 0: the list at -n-1.
    private readonly short[] _state = new short[SeccompSyscalls.NumberLimit];
    private uint[] _actions = new uint[8];
    private CallRule?[] _lists = new CallRule[8];
    private int _actionCount;
    private int _listCount;

    public bool Is64Bit => is64Bit;

    /// <summary>The largest number that the profile names, whatever its action; 0 when none.</summary>
    public int Largest { get; set; }

    /// <summary>The action that holds whatever the arguments are.</summary>
    public bool IsConstant(int number, out uint action)
    {
        int state = _state[number];
        action = state > 0 ? _actions[state - 1] : 0;
        return state > 0;
    }

    /// <summary>The rules with conditions, or null.</summary>
    public CallRule? Conditional(int number) => _state[number] < 0 ? _lists[-_state[number] - 1] : null;

    /// <summary>
    /// Adds a rule as libseccomp's db_rule_add does: the first rule without conditions holds for good and displaces all others; rules
    /// with conditions stand in libseccomp's order, so that overlapping ones decide alike.
    /// </summary>
    public void Add(int number, uint action, CallCondition[] conditions, string name)
    {
        int state = _state[number];
        if (state > 0)
            return;
        if (conditions.Length == 0)
        {
            _state[number] = (short)(1 + ActionIndex(action));
            return;
        }
        if (state == 0)
        {
            if (_listCount == _lists.Length)
                Array.Resize(ref _lists, _listCount * 2);
            state = -1 - _listCount++;
            _state[number] = (short)state;
        }
        Insert(ref _lists[-state - 1], new CallRule(conditions, action), name);
    }

    private static void Insert(ref CallRule? list, CallRule rule, string name)
    {
        CallRule? before = null;
        for (CallRule? at = list; at is not null; before = at, at = at.Next)
        {
            if (at.Conditions.AsSpan().SequenceEqual(rule.Conditions))
            {
                // libseccomp: EEXIST, which runc and crun pass on.
                if (at.Action != rule.Action)
                    throw new StepException($"seccomp: two rules for {name} with the same arguments have different actions");
                return;
            }
            if (ComesFirst(rule.Conditions, at.Conditions))
                break;
        }
        rule.Next = before is null ? list : before.Next;
        if (before is null)
            list = rule;
        else
            before.Next = rule;
    }

    /// <summary>libseccomp's _db_chain_lt: later arguments first, equalities before ranges, narrow ranges before wide ones.</summary>
    private static bool ComesFirst(CallCondition[] a, CallCondition[] b)
    {
        int length = Math.Min(a.Length, b.Length);
        for (int i = 0; i < length; i++)
        {
            if (a[i].Index != b[i].Index)
                return a[i].Index > b[i].Index;
            int rank = Rank(a[i].Operator) - Rank(b[i].Operator);
            if (rank != 0)
                return rank > 0;
            if (a[i].Value != b[i].Value)
                return Rank(a[i].Operator) == UpperBound ? a[i].Value < b[i].Value : a[i].Value > b[i].Value;
        }
        return a.Length < b.Length;
    }

    private const int UpperBound = 2;

    private static int Rank(SeccompOperator comparison) => comparison switch
    {
        SeccompOperator.GreaterOrEqual or SeccompOperator.Greater => 1,
        SeccompOperator.LessOrEqual or SeccompOperator.Less => UpperBound,
        _ => 3,
    };

    private int ActionIndex(uint action)
    {
        int index = Array.IndexOf(_actions, action, 0, _actionCount);
        if (index >= 0)
            return index;
        if (_actionCount == _actions.Length)
            Array.Resize(ref _actions, _actionCount * 2);
        _actions[_actionCount] = action;
        return _actionCount++;
    }
}

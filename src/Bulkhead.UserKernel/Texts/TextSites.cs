using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Texts;

/// <summary>
/// A call site: where its jump goes, where the call goes on, and the instruction of five bytes that the trampoline begins with, by its first byte and
/// the rest of it.
/// </summary>
internal readonly record struct TextSite(int Jump, int Next, byte First, int Rest);

/// <summary>
/// The call sites of a text that are certain by their bytes alone, and the jumps in their place: what eng/native/gate/rewrite.c does in a process,
/// for the forms that need no look at registers.
/// </summary>
internal static class TextSites
{
    /// <summary>
    /// From a text's end to its trampolines: 1.125 GiB. The last byte of each jump is then 0x48, the REX.W prefix with which the instruction behind a
    /// read(2) begins.
    /// </summary>
    public const ulong Distance = 0x4800_0000;

    public const int JumpsPerPage = 64, JumpSize = 64;
    private const int MostNumber = 1024, JumpLength = 5;
    private const byte RexW = 0x48;

    /// <summary>mov $..., %eax, %edx, %esi and %edi, and how mov 8(%rsp), %r9 begins.</summary>
    private const byte LoadNumber = 0xb8, LoadThird = 0xba, LoadSecond = 0xbe, LoadFirst = 0xbf, LoadSixth = 0x4c;

    private const int SixthRest = 0x08244c8b;

    private static ReadOnlySpan<byte> Syscall => [0x0f, 0x05];

    public static List<TextSite> Find(ReadOnlySpan<byte> text)
    {
        const int Before = 10;
        var sites = new List<TextSite>();
        int free = 0;
        for (int at = Before; at < text.Length;)
        {
            int step = text[at..].IndexOf(Syscall);
            if (step < 0)
                break;
            at += step;
            if (Decode(text, at) is { } site && site.Jump >= free)
            {
                sites.Add(site);
                // The jump in a read(2)'s place takes the next instruction's prefix too.
                free = Math.Max(site.Next, site.Jump + JumpLength);
            }
            at += 2;
        }
        return sites;
    }

    /// <summary>The form that ends with the syscall instruction at <paramref name="at"/>; null: none that is certain.</summary>
    private static TextSite? Decode(ReadOnlySpan<byte> text, int at)
    {
        int next = at + 2, rest = BinaryPrimitives.ReadInt32LittleEndian(text[(at - 4)..]);
        byte first = text[at - 5];
        if (text.Slice(at - 7, 3).SequenceEqual<byte>([RexW, 0xc7, 0xc0])) // mov $nr, %rax
            return IsRewritable(rest) ? new TextSite(at - 7, next, LoadNumber, rest) : null;
        if (MayBePrefix(text[at - 6]))
            return null;
        if (first == LoadNumber && IsRewritable(rest))
            return new TextSite(at - 5, next, first, rest);
        // The number was loaded before, and is what it is.
        if ((first is LoadFirst or LoadSecond or LoadThird && rest is > -MostNumber and < ushort.MaxValue) || (first == LoadSixth && rest == SixthRest))
            return new TextSite(at - 5, next, first, rest);
        // xor %eax, %eax: nothing is left of the syscall instruction, so that it must not be anybody's who comes by another way.
        if (text[at - 2] == 0x31 && text[at - 1] == 0xc0 && !MayBePrefix(text[at - 3]) && next < text.Length && text[next] == RexW)
            return new TextSite(at - 2, next, LoadNumber, SysNr.read);
        return null;
    }

    /// <summary>With it the instruction would be another one: xor %r8d, %r8d, or a move to another register.</summary>
    private static bool MayBePrefix(byte before) => (before & 0xf0) == 0x40 || before == 0x0f;

    /// <summary>is_rewritable of the gate: the others need the trap's frame.</summary>
    private static bool IsRewritable(int number) => number is >= 0 and < MostNumber
        and not (SysNr.rt_sigreturn or SysNr.clone or SysNr.fork or SysNr.vfork or SysNr.execve or SysNr.exit_group or SysNr.clone3
            or (>= SysNr.mlock and <= SysNr.munlockall) or SysNr.mlock2);

    /// <summary>Each site a jump, each jump a trampoline. <paramref name="jumps"/> will lie <see cref="Distance"/> behind the text's end.</summary>
    public static void Rewrite(Span<byte> text, Span<byte> jumps, List<TextSite> sites, ulong gate)
    {
        long jumpsAt = text.Length + (long)Distance;
        for (int i = 0; i < sites.Count; i++)
        {
            TextSite site = sites[i];
            long at = jumpsAt + (i * JumpSize);
            text[site.Jump] = 0xe9;
            BinaryPrimitives.WriteInt32LittleEndian(text[(site.Jump + 1)..], (int)(at - (site.Jump + JumpLength)));
            WriteTrampoline(jumps.Slice(i * JumpSize, JumpSize), at, site, gate);
        }
    }

    /// <summary>The instruction; lea its syscall, %rcx; movabs gate, %r11; jmp *%r11; syscall; jmp next (write_trampoline of rewrite.c).</summary>
    private static void WriteTrampoline(Span<byte> to, long at, TextSite site, ulong gate)
    {
        const int Lea = 5, Load = 12, Go = 22, Back = 27, End = 32;
        to[0] = site.First;
        BinaryPrimitives.WriteInt32LittleEndian(to[1..], site.Rest);
        ReadOnlySpan<byte> lea = [RexW, 0x8d, 0x0d, 13, 0, 0, 0], load = [0x49, 0xbb], go = [0x41, 0xff, 0xe3, 0x0f, 0x05, 0xe9];
        lea.CopyTo(to[Lea..]);
        load.CopyTo(to[Load..]);
        BinaryPrimitives.WriteUInt64LittleEndian(to[(Load + 2)..], gate);
        go.CopyTo(to[Go..]);
        BinaryPrimitives.WriteInt32LittleEndian(to[(Back + 1)..], (int)(site.Next - (at + End)));
    }
}

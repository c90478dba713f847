using System;
using System.Buffers.Text;
using System.Collections.Generic;
using Bulkhead.Linux;

namespace Bulkhead.Images.Unpack;

/// <summary>The four ways in which GNU tar says where a sparse file's data belongs (GNU tar manual, "Storing Sparse Files").</summary>
internal static class SparseMaps
{
    private const int PiecesOfBlock = 21, MoreAt = 504, NumberLength = 12;

    /// <summary>Before pax: in the header, and in blocks behind it while each says that one more follows.</summary>
    public static List<SparsePiece> Old(in TarHeader header, Func<byte[]> nextBlock, int maxPieces)
    {
        var pieces = new List<SparsePiece>();
        AddOld(pieces, header.Pieces);
        for (bool more = header.MorePieces; more;)
        {
            byte[] block = nextBlock();
            AddOld(pieces, block.AsSpan(0, PiecesOfBlock * 2 * NumberLength));
            if (pieces.Count > maxPieces)
                throw TooMany(maxPieces);
            more = block[MoreAt] != 0;
        }
        return pieces;
    }

    /// <summary>0.0 as numbers in turn.</summary>
    public static List<SparsePiece> FromNumbers(List<long> numbers)
    {
        if (numbers.Count % 2 != 0)
            throw Damaged();
        var pieces = new List<SparsePiece>();
        for (int i = 0; i < numbers.Count; i += 2)
            pieces.Add(new SparsePiece(numbers[i], numbers[i + 1]));
        return pieces;
    }

    /// <summary>0.1: numbers in turn, between commas.</summary>
    public static List<SparsePiece> FromText(ReadOnlySpan<byte> map, int maxPieces)
    {
        var numbers = new List<long>();
        foreach (Range range in map.Split((byte)','))
        {
            ReadOnlySpan<byte> part = map[range];
            if (part.IsEmpty && numbers.Count == 0)
                continue;
            numbers.Add(Digits(part));
            if (numbers.Count > 2L * maxPieces)
                throw TooMany(maxPieces);
        }
        return FromNumbers(numbers);
    }

    /// <summary>1.0: before the data, a number a line: the count of pieces, then offsets and lengths in turn; up to the next block.</summary>
    /// <param name="nextBlock">The next 512 bytes of the entry.</param>
    /// <param name="maxPieces">At most.</param>
    public static List<SparsePiece> FromData(Func<byte[]> nextBlock, int maxPieces)
    {
        var numbers = new List<long>();
        Span<byte> line = stackalloc byte[32];
        int length = 0;
        for (long wanted = 1; numbers.Count < wanted;)
        {
            foreach (byte one in nextBlock())
            {
                if (numbers.Count == wanted)
                    break;
                if (one != '\n')
                {
                    if (length == line.Length)
                        throw Damaged();
                    line[length++] = one;
                    continue;
                }
                numbers.Add(Digits(line[..length]));
                length = 0;
                if (numbers[0] > maxPieces)
                    throw TooMany(maxPieces);
                wanted = 1 + (numbers[0] * 2);
            }
        }
        numbers.RemoveAt(0);
        return FromNumbers(numbers);
    }

    /// <summary>In order, apart from each other, within the file, and as long together as what is stored.</summary>
    public static void Check(List<SparsePiece> pieces, long size, long stored)
    {
        long end = 0, total = 0;
        foreach (SparsePiece piece in pieces)
        {
            if (piece.Offset < end || piece.Length < 0 || piece.Length > size - piece.Offset)
                throw Damaged();
            end = piece.Offset + piece.Length;
            total += piece.Length;
        }
        if (total != stored)
            throw Damaged();
    }

    private static void AddOld(List<SparsePiece> pieces, ReadOnlySpan<byte> numbers)
    {
        for (; numbers.Length >= 2 * NumberLength && numbers[0] != 0; numbers = numbers[(2 * NumberLength)..])
        {
            if (TarNumber.Parse(numbers[..NumberLength]) is not { } offset || TarNumber.Parse(numbers.Slice(NumberLength, NumberLength)) is not { } length)
                throw Damaged();
            pieces.Add(new SparsePiece(offset, length));
        }
    }

    private static long Digits(ReadOnlySpan<byte> text) =>
        !text.IsEmpty && char.IsAsciiDigit((char)text[0]) && Utf8Parser.TryParse(text, out long number, out int used) && used == text.Length ? number : throw Damaged();

    private static StepException Damaged() => new("the map of a sparse file is damaged");

    private static StepException TooMany(int most) => new($"a sparse file has more than {most} pieces");
}

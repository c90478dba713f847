namespace Bulkhead.UserKernel.Filters;

/// <summary>Codes of linux/bpf_common.h, joined as the programs that seccomp allows use them.</summary>
internal static class BpfCode
{
    public const ushort UseIndex = 0x08; // BPF_X

    public const ushort LoadAbsolute = 0x20, LoadLength = 0x80, LoadImmediate = 0x00, LoadMemory = 0x60;
    public const ushort LoadIndexLength = 0x81, LoadIndexImmediate = 0x01, LoadIndexMemory = 0x61;
    public const ushort Store = 0x02, StoreIndex = 0x03;
    public const ushort ReturnConstant = 0x06, ReturnA = 0x16;
    public const ushort IndexFromA = 0x07, AFromIndex = 0x87;
    public const ushort Jump = 0x05;

    public const ushort Add = 0x00, Subtract = 0x10, Multiply = 0x20, Divide = 0x30, Or = 0x40, ShiftLeft = 0x60, ShiftRight = 0x70, Negate = 0x80, Xor = 0xA0;
}

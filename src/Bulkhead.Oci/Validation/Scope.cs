using Bulkhead.Linux;

namespace Bulkhead.Oci;

/// <summary>What the checks of one config share.</summary>
internal readonly ref struct Scope
{
    private readonly uint _present;
    private readonly uint _joined;

    public Scope(string file, ValidateOptions options, LinuxConfig? linux)
    {
        File = file;
        Options = options;
        if (linux is null)
            return;
        foreach (LinuxNamespace ns in linux.Namespaces)
        {
            NamespaceKinds kind = Names.Namespace(ns.Type);
            _present |= (uint)kind;
            if (ns.Path is not null)
                _joined |= (uint)kind;
        }
    }

    public string File { get; }

    public ValidateOptions Options { get; }

    /// <summary>The config has this namespace, new or joined.</summary>
    public bool Has(NamespaceKinds kind) => (_present & (uint)kind) != 0;

    /// <summary>The config makes this namespace.</summary>
    public bool IsNew(NamespaceKinds kind) => Has(kind) && (_joined & (uint)kind) == 0;

    public bool Is(ValidateOptions option) => (Options & option) != 0;

    /// <summary>The one form of a refusal: file, JSON path, what is wrong and what mends it.</summary>
    public StepException Refuse(string path, string why) => new($"{File}: {path}: {why}");

    /// <summary>Refuses text that the kernel would cut at a NUL byte.</summary>
    public void NoNul(string? text, string path)
    {
        if (text is not null && text.Contains('\0'))
            throw Refuse(path, "has a NUL byte");
    }

    public void NoNul(string[] texts, string path)
    {
        for (int i = 0; i < texts.Length; i++)
        {
            if (texts[i].Contains('\0'))
                throw Refuse($"{path}[{i}]", "has a NUL byte");
        }
    }

    public void Absolute(string? text, string path)
    {
        if (string.IsNullOrEmpty(text))
            throw Refuse(path, "is missing; give an absolute path");
        if (text[0] != '/')
            throw Refuse(path, $"\"{text}\" is not an absolute path");
        NoNul(text, path);
    }
}

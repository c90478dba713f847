using System.CommandLine;
using Bulkhead.Linux;

namespace Bulkhead.Cli.Commands;

/// <summary>
/// completion: scripts that ask this program itself ("[suggest:N]" of System.CommandLine), so that they never know less than it does.
/// </summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # bash completion of bulkhead: bulkhead completion bash >/etc/bash_completion.d/bulkhead
        _bulkhead() {
            local line=${COMP_LINE:0:COMP_POINT} word
            line=${line#*[[:space:]]}
            COMPREPLY=()
            while IFS= read -r word; do
                [[ $word == /* || $word != "${COMP_WORDS[COMP_CWORD]}"* ]] || COMPREPLY+=("$word")
            done < <("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null)
        }
        complete -o default -F _bulkhead bulkhead

        """;

    private const string Zsh = """
        #compdef bulkhead
        # zsh completion of bulkhead: bulkhead completion zsh >"${fpath[1]}/_bulkhead"
        _bulkhead() {
            local line="${(j: :)words[2,CURRENT]}"
            local -a found
            found=("${(@f)$(bulkhead "[suggest:${#line}]" "$line" 2>/dev/null)}")
            found=(${found:#/*})
            if ((${#found})); then compadd -- $found; else _files; fi
        }
        compdef _bulkhead bulkhead

        """;

    private const string Fish = """
        # fish completion of bulkhead: bulkhead completion fish >~/.config/fish/completions/bulkhead.fish
        function __bulkhead_complete
            set -l line (string replace -r '^\S+\s' '' -- (commandline -cp))
            bulkhead "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null | string match -v '/*'
        end
        complete -c bulkhead -a '(__bulkhead_complete)'

        """;

    public static Command Make()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish", HelpName = "SHELL" };
        shell.CompletionSources.Add("bash", "zsh", "fish");
        var command = new Command("completion", "Print a script that completes commands, flags and names of containers in a shell") { shell };
        command.SetAction(parsed =>
        {
            Output.Write(parsed.GetValue(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                "fish" => Fish,
                string other => throw new StepException($"completion: there is no script for '{other}': give bash, zsh or fish"),
                null => "",
            });
            return 0;
        });
        return command;
    }
}

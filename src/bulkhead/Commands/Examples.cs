using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace Bulkhead.Cli.Commands;

/// <summary>Examples at the end of each command's help.</summary>
internal sealed class Examples(HelpAction help) : SynchronousCommandLineAction
{
    /// <summary>Help is shown, whatever is missing on the command line.</summary>
    public override bool ClearsParseErrors => true;

    private static readonly Dictionary<string, string[]> Lines = new()
    {
        ["run"] = ["bulkhead run -it --rm --rootfs /srv/debian /bin/sh", "bulkhead run -d --name web --rootfs /srv/web -v /home/me/site:/site /usr/bin/httpd"],
        ["create"] = ["bulkhead create --name job --rootfs /srv/debian /bin/job"],
        ["start"] = ["bulkhead start job", "bulkhead start -ai shell"],
        ["generate"] = ["bulkhead generate systemd web >/etc/systemd/system/bulkhead-web.service"],
        ["systemd"] = ["bulkhead generate systemd web >/etc/systemd/system/bulkhead-web.service"],
        ["stop"] = ["bulkhead stop web", "bulkhead stop -t 2 web db"],
        ["kill"] = ["bulkhead kill web", "bulkhead kill -s HUP web"],
        ["rm"] = ["bulkhead rm job", "bulkhead rm -f web"],
        ["ps"] = ["bulkhead ps -a", "bulkhead ps -q --filter status=exited --filter label=team=web", "bulkhead ps --format json"],
        ["exec"] = ["bulkhead exec -it web /bin/sh"],
        ["attach"] = ["bulkhead attach web", "bulkhead attach --detach-keys ctrl-a,d web"],
        ["wait"] = ["bulkhead wait job"],
        ["logs"] = ["bulkhead logs -f --tail 20 web", "bulkhead logs -t --since 10m web"],
        ["inspect"] = ["bulkhead inspect web", "bulkhead inspect web | jq '.[0].loosenings'"],
        ["events"] = ["bulkhead events", "bulkhead events --since 10m --filter event=die --filter container=web --format json"],
        ["stats"] = ["bulkhead stats", "bulkhead stats --no-stream --format json web"],
        ["rename"] = ["bulkhead rename web web-old"],
        ["pause"] = ["bulkhead pause web"],
        ["unpause"] = ["bulkhead unpause web"],
        ["restart"] = ["bulkhead restart -t 2 web"],
        ["update"] = ["bulkhead update --memory 512m --pids-limit 100 web", "bulkhead update --cpus 1.5 web"],
        ["top"] = ["bulkhead top web", "bulkhead top --format 'table {{.PIDInside}}\\t{{.Command}}' web"],
        ["port"] = ["bulkhead port web"],
        ["volume"] = ["bulkhead volume ls"],
        ["volume ls"] = ["bulkhead volume ls --filter dangling=true", "bulkhead volume ls --format json"],
        ["cp"] = ["bulkhead cp web:/etc/site.conf .", "bulkhead cp ./site web:/srv", "tar c site | bulkhead cp - web:/srv"],
        ["diff"] = ["bulkhead diff web", "bulkhead diff --format json web", "bulkhead diff --format '{{.Kind}} {{.Path}}' web"],
        ["prune"] = ["bulkhead prune -f", "bulkhead container prune -f"],
        ["container"] = ["bulkhead container ls -a", "bulkhead container prune -f"],
        ["container ls"] = ["bulkhead container ls -a", "bulkhead container ls --format json"],
        ["info"] = ["bulkhead info --format json"],
        ["version"] = ["bulkhead version"],
        ["doctor"] = ["bulkhead doctor", "bulkhead doctor --format json"],
        ["completion"] = ["bulkhead completion bash >/etc/bash_completion.d/bulkhead", "bulkhead completion fish >~/.config/fish/completions/bulkhead.fish"],
    };

    public static void AddTo(RootCommand root)
    {
        foreach (Option option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction help } found)
                found.Action = new Examples(help);
        }
    }

    public override int Invoke(ParseResult parseResult)
    {
        int status = help.Invoke(parseResult);
        CommandResult asked = parseResult.CommandResult;
        string name = asked.Command.Name;
        if ((asked.Parent is CommandResult group && Lines.TryGetValue(group.Command.Name + " " + name, out string[]? lines)) || Lines.TryGetValue(name, out lines))
            parseResult.InvocationConfiguration.Output.Write("Examples:\n  " + string.Join("\n  ", lines) + "\n");
        return status;
    }
}

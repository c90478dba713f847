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
        ["pull"] = ["bulkhead pull registry.example/team/web:1", "bulkhead pull -q --platform linux/arm64 registry.example/team/web"],
        ["push"] = ["bulkhead push registry.example/team/web:1"],
        ["images"] = ["bulkhead images", "bulkhead images --filter reference=registry.example/team/* --format json"],
        ["rmi"] = ["bulkhead rmi registry.example/team/web:1"],
        ["tag"] = ["bulkhead tag 0123456789ab registry.example/team/web:2"],
        ["history"] = ["bulkhead history --no-trunc registry.example/team/web:1"],
        ["image"] = ["bulkhead image inspect registry.example/team/web:1", "bulkhead image tags registry.example/team/web", "bulkhead image prune -a"],
        ["save"] = ["bulkhead save -o web.tar registry.example/team/web:1"],
        ["load"] = ["bulkhead load -i web.tar", "bulkhead load -i /srv/layout --name localhost/web", "docker save web | bulkhead load"],
        ["import"] = ["bulkhead import -c 'CMD [\"/bin/sh\"]' root.tar localhost/mine:1", "mmdebstrap --variant=minbase bookworm - | bulkhead import - localhost/debian:12"],
        ["login"] = ["bulkhead login -u me --password-stdin registry.example <password"],
        ["logout"] = ["bulkhead logout registry.example"],
        ["trust"] = ["bulkhead trust require", "bulkhead trust add registry.example/team team.pub"],
        ["add"] = ["bulkhead trust add registry.example/team team.pub"],
        ["require"] = ["bulkhead trust require", "bulkhead trust require --off"],
        ["sign"] = ["bulkhead sign --key team.key registry.example/team/web:1"],
        ["run"] = ["bulkhead run --rm registry.example/team/tool:1 --version", "bulkhead run -it --rm --rootfs /srv/debian /bin/sh", "bulkhead run -d --name web --rootfs /srv/web -v /home/me/site:/site /usr/bin/httpd"],
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
        ["system"] = ["bulkhead system df"],
        ["df"] = ["bulkhead system df", "bulkhead system df --format json"],
        ["volume"] = ["bulkhead volume ls"],
        ["volume ls"] = ["bulkhead volume ls --filter dangling=true", "bulkhead volume ls --format json"],
        ["commit"] = ["bulkhead commit -m 'with tools' work registry.example/team/web:2"],
        ["export"] = ["bulkhead export -o web.tar web"],
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

/* probe ID...: one line a probe: "ID refused ERRNO detail" or "ID open detail". A probe runs in a process of its own, so that what it opens ends
 * with it. */
#include "probe.h"
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>

static const struct probe *const families[] = {file_probes, call_probes, socket_probes, device_probes, process_probes, privilege_probes,
    cgroup_probes, key_probes, terminal_probes, image_probes};

struct result refused(int error, const char *format, ...)
{
    struct result result = {.error = error};
    va_list list;
    va_start(list, format);
    vsnprintf(result.detail, sizeof result.detail, format, list);
    va_end(list);
    return result;
}

struct result opened(const char *format, ...)
{
    struct result result = {.open = true};
    va_list list;
    va_start(list, format);
    vsnprintf(result.detail, sizeof result.detail, format, list);
    va_end(list);
    return result;
}

struct result by_errno(long value, const char *what)
{
    int error = value < 0 ? errno : 0;
    switch (error) {
    case EPERM:
    case EACCES:
    case ENOSYS:
    case EROFS:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
    case ESOCKTNOSUPPORT:
    case ENODEV:
    case EOPNOTSUPP:
        return refused(error, "%s", what);
    default:
        return opened("%s: %s", what, error ? strerrorname_np(error) : "success");
    }
}

long number_of(const char *variable)
{
    const char *text = getenv(variable);
    return text ? atol(text) : -1;
}

static const struct probe *find(const char *id)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        for (const struct probe *probe = families[i]; probe->id; probe++)
            if (!strcmp(probe->id, id))
                return probe;
    return NULL;
}

static void print(const char *id, struct result result)
{
    if (result.open)
        printf("%s open %s\n", id, result.detail);
    else
        printf("%s refused %s %s\n", id, result.error ? strerrorname_np(result.error) : "-", result.detail);
    fflush(stdout);
}

static int run(const char *id)
{
    const struct probe *probe = find(id);
    if (!probe)
        return fprintf(stderr, "no probe %s\n", id), 2;
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0)
        return perror("fork"), 2;
    if (pid == 0) {
        alarm(20);
        print(id, probe->run(probe->argument));
        _exit(0);
    }
    int status;
    if (waitpid(pid, &status, 0) != pid)
        return perror("waitpid"), 2;
    if (WIFSIGNALED(status))
        printf("%s died %s\n", id, sigabbrev_np(WTERMSIG(status)));
    return 0;
}

static int list(void)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        for (const struct probe *probe = families[i]; probe->id; probe++)
            puts(probe->id);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "--wait"))
        for (;;)
            pause();
    if (argc == 2 && !strcmp(argv[1], "--list"))
        return list();
    if (argc > 2 && !strcmp(argv[1], "--limit"))
        return limit_command(argc - 2, argv + 2);
    if (argc > 2 && !strcmp(argv[1], "--tool"))
        return tool_command(argc - 2, argv + 2);
    if (argc > 2 && !strcmp(argv[1], "--exe"))
        return exe_command(argc - 2, argv + 2);
    if (argc > 3 && !strcmp(argv[1], "--race"))
        return race_command(argc - 2, argv + 2);
    for (int i = 1; i < argc; i++) {
        int status = run(argv[i]);
        if (status)
            return status;
    }
    return 0;
}

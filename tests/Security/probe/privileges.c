/* Ways to more rights: setuid, file capabilities, inheritable capabilities (E33). */
#include "probe.h"
#include <sys/wait.h>

static struct result status_field(const char *field, unsigned long long wanted)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    size_t length = strlen(field);
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, field, length))
            continue;
        unsigned long long value = strtoull(line + length, NULL, 16);
        return value == wanted ? refused(0, "%s %llx", field, value) : opened("%s %llx", field, value);
    }
    return refused(ENOENT, "%s", field);
}

static struct result inheritable(const char *unused) { (void)unused; return status_field("CapInh:", 0); }
static struct result ambient(const char *unused) { (void)unused; return status_field("CapAmb:", 0); }

/* Runs PATH, which tells by its status whether it got more rights: 10 yes, 11 no. */
static struct result gains(const char *path)
{
    if (setegid(1000) < 0 || setreuid(1000, 1000) < 0) {
        if (getuid() == 0)
            return refused(errno, "become a user");
    }
    pid_t pid = fork();
    if (pid == 0) {
        execl(path, path, "--tool", "gained", NULL);
        _exit(127);
    }
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return refused(errno, "fork");
    if (!WIFEXITED(status) || (WEXITSTATUS(status) != 10 && WEXITSTATUS(status) != 11))
        return refused(ENOEXEC, "%s: status %x", path, status);
    return WEXITSTATUS(status) == 10 ? opened("%s gave rights", path) : refused(0, "%s gave nothing", path);
}

const struct probe privilege_probes[] = {
    {"E33.setuid", gains, "/setuid"},
    {"E33.file_capability", gains, "/filecap"},
    {"E33.inheritable", inheritable, NULL},
    {"E33.ambient", ambient, NULL},
    {NULL, NULL, NULL},
};

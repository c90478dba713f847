// The other side of exec.c and kept.c: what the executed program says of itself. `cases --child WORD...` runs it.
#include "harness.h"
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

extern char **environ;

static void child_state(void)
{
    struct sigaction action;
    sigset_t mask, pending;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    sigpending(&pending);
    sigaction(SIGUSR1, NULL, &action);
    out("USR1 default %d masked %d pending %d\n", action.sa_handler == SIG_DFL, sigismember(&mask, SIGUSR1),
        sigismember(&pending, SIGUSR1));
    sigaction(SIGUSR2, NULL, &action);
    out("USR2 ignored %d\n", action.sa_handler == SIG_IGN);
    stack_t stack;
    sigaltstack(NULL, &stack);
    out("alternative stack %d\n", stack.ss_flags);
    out("fd 3 %d fd 4 %d\n", fcntl(3, F_GETFD), fcntl(4, F_GETFD));
    out("umask %o\n", umask(0));
}

// The words of kept.c. Returns whether it was one.
static bool kept_main(const char *word, const char *argument)
{
    int status = 0;
    if (strcmp(word, "sleep") == 0) {
        for (;;)
            pause();
    } else if (strcmp(word, "here") == 0) {
        show_file("here");
        out("umask %o\n", umask(0));
    } else if (strcmp(word, "limits") == 0) {
        struct rlimit limit;
        getrlimit(RLIMIT_NOFILE, &limit);
        out("nice %d files %lu %lu\n", getpriority(PRIO_PROCESS, 0), limit.rlim_cur, limit.rlim_max);
    } else if (strcmp(word, "flags") == 0) {
        int death = -1, reaper = -1;
        prctl(PR_GET_PDEATHSIG, &death);
        prctl(PR_GET_CHILD_SUBREAPER, &reaper);
        out("no new privileges %d dumpable %d death signal %d subreaper %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_DUMPABLE), death,
            reaper);
    } else if (strcmp(word, "read") == 0) {
        char bytes[2];
        long got = read(0, bytes, 2);
        show_bytes("input", bytes, got);
    } else if (strcmp(word, "mapped") == 0) {
        SHOW(msync((void *)atol(argument), 4096, MS_ASYNC)); // ENOMEM: not mapped
    } else if (strcmp(word, "reap") == 0) {
        SHOW_IF(wait(&status) > 0);
        show_status("child of before", status);
    } else if (strcmp(word, "group") == 0) {
        out("the same group %d\n", atoi(argument) == getpgid(0));
    } else if (strcmp(word, "children") == 0) {
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        SHOW_IF(waitpid(child, NULL, 0) == -1 && errno == ECHILD);
    } else {
        return false;
    }
    return true;
}

int child_main(int count, char **words)
{
    const char *word = count > 0 ? words[0] : "";
    if (strcmp(word, "show") == 0) {
        for (int i = 0; i < count; i++)
            out("word %d: %.60s\n", i, words[i]);
        for (char **line = environ; *line; line++)
            out("environment: %s\n", *line);
    } else if (strcmp(word, "state") == 0) {
        child_state();
    } else if (strcmp(word, "name") == 0) {
        char name[16];
        prctl(PR_GET_NAME, name);
        out("name %s secure %lu\n", name, getauxval(AT_SECURE));
        out("execfn %s\n", (char *)getauxval(AT_EXECFN));
    } else if (strcmp(word, "pid") == 0) {
        out("the same pid %d\n", atoi(words[1]) == getpid());
    } else if (kept_main(word, count > 1 ? words[1] : "0")) {
        // shown there
    } else if (strcmp(word, "wait") == 0) {
        char byte;
        out("rest of the input %ld\n", (long)read(0, &byte, 1));
    } else if (strcmp(word, "count") == 0) {
        out("%d words of %ld\n", count, count > 1 ? (long)strlen(words[1]) : 0);
    } else if (strcmp(word, "auxiliary") == 0) {
        out("page %lu phent %lu entry %d random %d platform %s\n", getauxval(AT_PAGESZ), getauxval(AT_PHENT), getauxval(AT_ENTRY) != 0,
            getauxval(AT_RANDOM) != 0, (char *)getauxval(AT_PLATFORM));
        out("uid %d gid %d base %lu\n", getauxval(AT_UID) == getuid(), getauxval(AT_EGID) == getegid(), getauxval(AT_BASE));
    } else {
        out("child %s\n", word);
    }
    return count > 1 && strcmp(word, "exit") == 0 ? atoi(words[1]) : 0;
}

/* Writes the seccomp filters of process PID to stdout, newest first (ptrace(2): PTRACE_SECCOMP_GET_FILTER). */
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#define PTRACE_SECCOMP_GET_FILTER_REQUEST 0x420c

static struct sock_filter code[4096];

int main(int argc, char **argv)
{
    pid_t pid = argc > 1 ? atoi(argv[1]) : 0;
    if (ptrace(PTRACE_SEIZE, pid, 0, 0) != 0 || ptrace(PTRACE_INTERRUPT, pid, 0, 0) != 0 || waitpid(pid, NULL, __WALL) != pid) {
        perror("ptrace");
        return 1;
    }
    for (long index = 0;; index++) {
        long count = ptrace(PTRACE_SECCOMP_GET_FILTER_REQUEST, pid, index, code);
        if (count <= 0) {
            if (index == 0)
                perror("get filter");
            return index == 0;
        }
        fwrite(code, sizeof code[0], count, stdout);
    }
}

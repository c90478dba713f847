// What every case uses. A case prints what a program can see and nothing that differs from run to run: README.md has the rules.
#ifndef CASES_HARNESS_H
#define CASES_HARNESS_H

// Some compilers turn this on by themselves: its wrappers abort on the very arguments that these cases pass on purpose.
#undef _FORTIFY_SOURCE
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct test_case {
    const char *family;
    const char *name;
    void (*run)(void);
};

// The linker gathers the pointers of all files into one array between __start_cases and __stop_cases.
#define CASE(family, name)                                                                                            \
    static void run_##family##_##name(void);                                                                          \
    static const struct test_case case_##family##_##name = { #family, #name, run_##family##_##name };                 \
    static const struct test_case *const pointer_##family##_##name __attribute__((used, section("cases"))) =          \
        &case_##family##_##name;                                                                                      \
    static void run_##family##_##name(void)

// One line in one write: no buffer that a fork could print twice.
void out(const char *format, ...) __attribute__((format(printf, 1, 2)));

// `expression = value`, and the errno's name when it is -1.
#define SHOW(expression) (errno = 0, show_value(#expression, (long)(expression)))
// The same for a value that differs between hosts (a pid, an address): `ok` instead of it.
#define SHOW_OK(expression) (errno = 0, show_ok(#expression, (long)(expression)))
// A relation: `expression: 1` or `: 0`.
#define SHOW_IF(expression) out("%s: %d\n", #expression, (expression) ? 1 : 0)
#define SHOW_STRING(expression) out("%s: \"%s\"\n", #expression, (expression))
// How a child ended, by waitpid.
#define SHOW_WAIT(pid) show_wait(#pid, (pid))

long show_value(const char *text, long value);
long show_ok(const char *text, long value);
void show_wait(const char *text, pid_t pid);
void show_status(const char *text, int status);
void show_bytes(const char *text, const void *bytes, long count);
void show_file(const char *path);
const char *errno_name(int number);

int make_file(const char *path, const char *text); // mode 0644; returns 0
int open_file(const char *path, const char *text); // the same, open for reading and writing at offset 0

char *bad(void);                    // an address where nothing is ever mapped
const char *long_name(int length);  // that many letters
long now_ms(void);                  // CLOCK_MONOTONIC
void nap_ms(int milliseconds);
// SIGALRM again and again, as one that comes before the call that it should interrupt would be lost; and no more of it.
void alarm_soon(void);
void alarm_off(void);

// First in every case whose calls would change the machine if they were allowed.
#define NOT_PRIVILEGED                     \
    if (privileged()) {                    \
        out("privileged: not tried\n");    \
        return;                            \
    }
bool privileged(void);

// A program that exec.c and others run: `cases --child WORD...`.
int child_main(int count, char **words);
// Starts this program with these words; returns the pid.
pid_t run_child(const char *word, const char *argument);

#endif

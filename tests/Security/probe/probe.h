/* Escape probes: each tests whether a door opens and does nothing behind it. */
#pragma once
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

struct result {
    bool open;
    int error; /* of a refusal */
    char detail[200];
};

struct probe {
    const char *id;
    struct result (*run)(const char *argument);
    const char *argument;
};

struct result refused(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct result opened(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A call with arguments that are wrong on purpose: EPERM, EACCES, ENOSYS and the like refuse the caller, any other error is the call's own
 * look at the arguments, so that the door is open. */
struct result by_errno(long value, const char *what);

/* What the host tells by environment variables. */
long number_of(const char *variable);

extern const struct probe file_probes[], call_probes[], socket_probes[], device_probes[], process_probes[], privilege_probes[], cgroup_probes[],
    key_probes[], terminal_probes[], image_probes[];

/* Commands that are no probes: they prepare, or run on the host. */
int limit_command(int argc, char **argv);
int tool_command(int argc, char **argv);
int race_command(int argc, char **argv);
int attack(pid_t pid, bool without_filter);
int exe_command(int argc, char **argv);

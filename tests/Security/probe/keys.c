/* Keyrings (E26). */
#include "probe.h"
#include <linux/keyctl.h>

static struct result add(const char *unused)
{
    (void)unused;
    return by_errno(syscall(SYS_add_key, NULL, NULL, NULL, 0, 0), "add_key");
}

static struct result request(const char *unused)
{
    (void)unused;
    return by_errno(syscall(SYS_request_key, NULL, NULL, NULL, 0), "request_key");
}

static struct result control(const char *unused)
{
    (void)unused;
    return by_errno(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 0), "keyctl");
}

/* A key of the runtime's own session. */
static struct result session(const char *name)
{
    long key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", name, 0);
    return key < 0 ? refused(errno, "search the session keyring") : opened("found the caller's key");
}

const struct probe key_probes[] = {
    {"E26.add_key", add, NULL},
    {"E26.request_key", request, NULL},
    {"E26.keyctl", control, NULL},
    {"E26.session_key", session, "bulkhead-canary"},
    {NULL, NULL, NULL},
};

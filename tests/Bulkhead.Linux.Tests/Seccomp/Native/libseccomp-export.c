/* Builds a filter with libseccomp as runc and crun do and writes its BPF to stdout. Reads from stdin, a word each:
 *   default RET, arch TOKEN, optimize LEVEL, rule RET NAME COUNT (INDEX OP A B)... */
#include <errno.h>
#include <inttypes.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t number(void)
{
    uint64_t value;
    if (scanf("%" SCNu64, &value) != 1)
        exit(3);
    return value;
}

static void check(int result, const char *what)
{
    if (result < 0 && result != -EEXIST) {
        fprintf(stderr, "%s: %s\n", what, strerror(-result));
        exit(2);
    }
}

static void add_rule(scmp_filter_ctx filter)
{
    char name[64];
    struct scmp_arg_cmp arguments[6];
    uint32_t action = number();
    if (scanf("%63s", name) != 1)
        exit(3);
    unsigned count = number();
    for (unsigned i = 0; i < count; i++) {
        arguments[i].arg = number();
        arguments[i].op = number();
        arguments[i].datum_a = number();
        arguments[i].datum_b = number();
    }
    int nr = seccomp_syscall_resolve_name(name);
    if (nr == __NR_SCMP_ERROR)
        return;
    int result = seccomp_rule_add_array(filter, action, nr, count, arguments);
    if (result < 0) {
        fprintf(stderr, "rule for %s: %s\n", name, strerror(-result));
        exit(2);
    }
}

int main(void)
{
    char word[16];
    if (scanf("%15s", word) != 1 || strcmp(word, "default") != 0)
        return 3;
    scmp_filter_ctx filter = seccomp_init(number());
    if (filter == NULL)
        return 3;
    while (scanf("%15s", word) == 1) {
        if (strcmp(word, "arch") == 0)
            check(seccomp_arch_add(filter, number()), "arch");
        else if (strcmp(word, "optimize") == 0)
            check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, number()), "optimize");
        else if (strcmp(word, "rule") == 0)
            add_rule(filter);
        else
            return 3;
    }
    check(seccomp_export_bpf(filter, 1), "export");
    return 0;
}

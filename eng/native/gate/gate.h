/* The gate's memory layout and its channel to the kernel, mirrored by Bulkhead.UserKernel/Cells/Slot.cs and GateLayout.cs (a test compares them). */
#ifndef BULKHEAD_GATE_H
#define BULKHEAD_GATE_H

#include <stdint.h>

#define GATE_BASE 0x700000000000ul
#define GATE_TEXT_SIZE 0x10000ul
#define CHANNEL_BASE 0x700010000000ul
#define STACKS_BASE 0x700020000000ul
#define GATE_END 0x700030000000ul

#define MAX_THREADS 1024ul
#define SLOT_SIZE 8192ul
#define STACK_SIZE 65536ul
#define CHANNEL_SIZE (MAX_THREADS * SLOT_SIZE)

/* The only descriptor of a cell. */
#define SOCKET_FD 3
#define KICK 64
#define SAVE_SIZE 16384ul
#define OPS_PER_REPLY 24

enum slot_state { SLOT_IDLE, SLOT_REQUEST, SLOT_REPLY };

/* What a thread asks. */
enum request_kind {
    REQUEST_START = 1,  /* a new cell is ready */
    REQUEST_SYSCALL,    /* nr, args */
    REQUEST_DONE,       /* the ops, or the clone, of the last reply; result */
    REQUEST_SIGNALS,    /* a kick was seen: what is to be delivered? */
    REQUEST_SIGRETURN,  /* args: mask, alternate stack */
    REQUEST_FAULT,      /* data: siginfo */
    REQUEST_EXIT,       /* exit(2), and nobody waits for an answer */
    REQUEST_OWNER,      /* args: a tid, and whether it must be one of this process; is there such a thread? */
    REQUEST_EXIT_GROUP, /* exit_group(2), and nobody waits for an answer */
};

/* What the kernel answers. */
enum reply_action {
    ACTION_RETURN = 1,  /* result goes into rax */
    ACTION_OPS,         /* run ops on the host, then REQUEST_DONE */
    ACTION_JUMP,        /* a new image: ip, sp, args[0] = begin of the heap, args[1] = no rewriting */
    ACTION_EXIT,        /* this host thread: its task is no more */
    ACTION_EXIT_GROUP,
    ACTION_CLONE,       /* a thread in slot thread_slot; result goes into rax, REQUEST_DONE only when it failed */
    ACTION_FORK,        /* likewise a process; two descriptors wait in the socket */
    ACTION_SIGNAL,      /* build a frame */
    ACTION_CONTINUE,    /* leave the registers as they are */
    ACTION_VFORK,       /* go on as the child on sp (0: the same), the parent's registers are kept */
    ACTION_VFORK_END,   /* the parent goes on, with result */
    ACTION_LOCAL,       /* the filtered call is the gate's: do it */
};

/* Where bytes lie that go along with an answer. */
enum place { IN_LITTLE, IN_BYTES, IN_DATA };

enum asked { ASK_ALL = 1, ASK_WAITV = 2, ASK_MASK = 4, ASK_ROBUST = 8, ASK_RSEQ = 16, ASK_ACTION = 32 };

struct op {
    uint64_t nr;
    uint64_t args[6];
    int64_t result;
};

/* struct sigaction as rt_sigaction(2) takes it. */
struct action { uint64_t handler, flags, restorer, mask; };

/* A line of memory is what two CPUs take from each other, for 20 to 150 ns each time. So all of a usual request lies in one line, and its answer in
 * the same: who waits looks at that line alone, who speaks writes it at once. */
#define LINE 64
#define MOST_LITTLE 16

struct slot {
    uint32_t state;
    uint8_t sleeping;     /* the gate sleeps on state */
    uint8_t watching;     /* the kernel looks by itself: no doorbell needed */
    uint16_t spin;        /* times that others may run before the gate sleeps */
    uint8_t kind;         /* request */
    uint8_t writable;     /* request: the first byte that is to be read into can be */
    uint8_t action;       /* reply */
    uint8_t more;         /* reply: signals wait */
    uint32_t nr;
    int64_t result;       /* reply; of a report the gate's */
    uint16_t sent;        /* request: so many bytes of the guest's memory are in `bytes`, more of them in `data` */
    uint16_t given;       /* reply: so many bytes are for the guest */
    uint8_t counted;      /* reply: the result is how many bytes were given */
    uint8_t place;        /* reply: where they lie, enum place */
    uint8_t lasting;      /* reply: this error of a call by path stays what it is, until lasting_turn changes */
    uint8_t line_end;
    union {
        uint64_t args[6]; /* the last two are in another line, which the kernel leaves alone where a call has no more than four */
        struct { uint64_t first, given_to; uint8_t little[MOST_LITTLE]; }; /* reply, where bytes are given */
    };
    /* The gate's notes: seldom looked at by the kernel, so that they stay with the CPU of the gate. */
    uint64_t ip, sp;
    uint64_t frame;       /* where the registers lie, for a tracer */
    uint32_t interrupted; /* request for signals: the last system call ended with EINTR in the gate */
    int32_t host_tid;     /* of a new thread, by the one who made it */
    uint64_t notes_end[2];
    /* What the gate changes by itself while the guest runs, and the kernel looks up here; what the gate answers by itself. All of it is seldom written. */
    uint64_t blocked;     /* rt_sigprocmask(2) */
    uint64_t robust;      /* set_robust_list(2) */
    uint32_t filtered;    /* enum asked: what the kernel is asked about although the gate could answer: a seccomp filter or a tracer has a say */
    uint32_t pending;     /* signals wait, blocked or not: with another mask one may be due */
    uint32_t own_actions; /* the first slot's table is this thread's process's: the gate answers rt_sigaction(2) */
    uint32_t actions_turn; /* odd: somebody is writing one */
    int32_t pid, tid, ppid;
    uint32_t uid, euid, gid, egid;
    uint32_t report;      /* reply to clone and fork: REQUEST_DONE even when it went well */
    /* Other answers. */
    uint32_t op_count;
    uint32_t thread_slot;
    uint32_t restart;     /* reply to signals: run the interrupted system call again */
    uint32_t born_asking; /* a new thread's, or a new process's: it asks for its signals before it begins */
    /* A signal's frame. */
    uint64_t handler, restorer, frame_top, mask;
    uint64_t alternate_sp, alternate_size;
    uint32_t alternate_flags, signal;
    uint8_t info[128];
    uint64_t sent_at;     /* where the bytes that were sent lie in the guest's memory; a short path lies in this line too */
    union {
        struct op ops[OPS_PER_REPLY];
        uint8_t bytes[OPS_PER_REPLY * 64]; /* what goes along with a request or an answer (copies.c) */
    };
    struct action actions[64];
    uint64_t lasting_turn;
    uint8_t pad[4096 - 3 * LINE - 208 - 1536 - 2048 - 8];
    uint8_t data[4096];
};

_Static_assert(sizeof(struct slot) == SLOT_SIZE && __builtin_offsetof(struct slot, data) == 4096, "slot");
_Static_assert(__builtin_offsetof(struct slot, args[4]) == LINE && __builtin_offsetof(struct slot, blocked) == 2 * LINE
    && __builtin_offsetof(struct slot, op_count) == 3 * LINE, "lines");

#endif

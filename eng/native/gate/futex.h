/* Waiting for a word of the guest's memory: what futex.c, waitv.c and priority.c share. */
#ifndef BULKHEAD_GATE_FUTEX_H
#define BULKHEAD_GATE_FUTEX_H

#include "internal.h"

#define REALTIME 256
#define ANY_BIT 0xffffffffu

/* One thread that waits for one word; it lies on that thread's gate stack. */
struct waiter {
    struct waiter *next, *previous;
    struct thread *thread;
    uint64_t address;     /* where it waits now: a requeue changes it */
    uint64_t target;      /* FUTEX_WAIT_REQUEUE_PI: where a requeue may bring it; 0: it takes part in no such thing */
    uint32_t kind;        /* FUTEX_PRIVATE_FLAG or not: the two do not meet */
    uint32_t bits;
    uint32_t pi;          /* it waits for a lock, which is handed over to it */
    uint32_t tid;
    uint32_t woken;
};

void lock_waiters(void);
void unlock_waiters(void);
void enqueue(struct waiter *w);
void dequeue(struct waiter *w);
struct waiter *next_at(struct waiter *after, uint64_t address, uint32_t kind);
void release(struct waiter *w);
/* Somebody who waits for a lock that this thread owns. */
struct waiter *first_of_owner(uint32_t tid);
/* 0: woken. What the host said otherwise, and the waiter is in no queue any more. */
long sleep_waiting(struct waiter *w, long op, uint64_t timeout);

long lock_pi(struct thread *t, uint64_t address, uint32_t kind, long op, uint64_t timeout);
long unlock_pi(struct thread *t, uint64_t address, uint32_t kind);
long wait_requeue_pi(struct thread *t, const uint64_t a[6], uint32_t kind);
long requeue_pi(const uint64_t a[6], uint32_t kind);
long hand_over(uint64_t address, struct waiter *next, uint32_t died);

#endif

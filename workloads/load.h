/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every load shares (docs/PROTOCOL.md, "A load"): its parameters, its words to the agent, the
 * signal to start, and its counter of work done.
 *
 *	int main(int argc, char **argv)
 *	{
 *		load_init(argc, argv);
 *		...make ready, load_fail() where that is impossible...
 *		load_armed("d0 and d1 have carrier 0");
 *		load_wait_go();
 *		for (uint64_t n = 1;; n++) {
 *			load_count(n);
 *			load_pause_about(pause_ns);
 *			attempt();
 *		}
 *	}
 *
 * The pause stands between the count and the attempt on purpose: the agent has read the count long
 * before the attempt that may kill the guest.
 */
#ifndef KS_WORKLOADS_LOAD_H
#define KS_WORKLOADS_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* argv is kept; its values are decoded in place. Ends the program where they are broken. */
void load_init(int argc, char **argv);

/* Parameters. A missing or malformed one ends the load with a sentence: the host sends them all. */
uint64_t load_param_u64(const char *key);
bool load_param_bool(const char *key);
const char *load_param_text(const char *key);
bool load_has_param(const char *key);

/* The next number of a stream that the trial's seed and the load's name determine (splitmix64). */
uint64_t load_random(void);
/* The same of a stream of its own: a thread's, which begins where a load_random() says. */
uint64_t load_random_from(uint64_t *state);

void load_armed(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void load_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/*
 * What `name` (of a-z, 0-9 and -) stands for has not come back for so long, and it should have: the
 * trial fails with the class probe-overdue. workloads/probe.h does this for what is tried at
 * intervals.
 */
void load_overdue(const char *name, uint64_t waited_ns);
/*
 * An attempt came to that: a name of a-z, 0-9 and -, of at most 31 bytes, 16 of them in all
 * ("told-by-fsync"). The verdict counts them. Not for thousands a second: each is a line.
 */
void load_finding(const char *name);
/* The preconditions do not hold: says so and ends. */
_Noreturn void load_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * The host may give this number another value while the load works (docs/PROTOCOL.md, tune): `fn`
 * is called with it, in a thread of its own. To be said before load_armed(), of 4 parameters at
 * most.
 */
void load_tunable(const char *key, void (*fn)(void *arg, uint64_t value), void *arg);

/* Returns when the agent writes `go`; ends the load where the agent closes the pipe instead. */
void load_wait_go(void);

/*
 * The work begun so far, this attempt included: to be called before the attempt. Ten lines a second
 * at most go out: a loop slower than that sees each count printed at once, a faster one the last
 * count of each tenth of a second. Any thread may call it; the counter never goes back.
 */
void load_count(uint64_t n);

void load_pause(uint64_t ns);
/*
 * Between half and one and a half times as long, by load_random(): a loop in step with the agent's
 * second, or with itself from boot to boot, would try the same moments again and again.
 */
void load_pause_about(uint64_t ns);
uint64_t load_now_ns(void);

#endif

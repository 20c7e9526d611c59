/* SPDX-License-Identifier: GPL-3.0-or-later */
/* guest.panic-on: words, and the sysctls that they are. */
#ifndef KS_MODEL_PANICS_H
#define KS_MODEL_PANICS_H

#include <stdbool.h>
#include <stddef.h>

/* In the table's order; a test compares. */
#define PANIC_WORDS "oops, warn, soft-lockup, hard-lockup, hung-task, rcu-stall, oom, nmi or io-nmi"

struct panic {
	const char *word, *sysctl;
	const char *symbol; /* of the kernel's configuration; NULL: every kernel has it */
};

const struct panic *panic_nth(size_t i); /* NULL at the end */
const struct panic *panic_by_word(const char *word);
bool panic_is_word(const char *word);

#endif

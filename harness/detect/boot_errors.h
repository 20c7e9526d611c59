/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The boot-error policy: what a kernel said before the soak, of the levels that count, as sightings
 * (boot.zero-errors). Lines in, sightings out; pure, as the detector is.
 *
 * A report that the detector knows is one failure under its own name, however many lines of those
 * levels it has; every other line is a boot-error of its own.
 */
#ifndef KS_DETECT_BOOT_ERRORS_H
#define KS_DETECT_BOOT_ERRORS_H

#include "model/settings.h"

enum { BOOT_ERROR_LEVEL = 4 }; /* KERN_WARNING: that, and what is worse */

/* Does boot.ignore name it: as a literal anywhere in it, or a pattern of the whole? */
bool boot_error_ignored(const struct boot_policy *p, const char *text);

struct boot_errors;

struct boot_errors *boot_errors_new(void);
struct boot_errors *boot_errors_free(struct boot_errors *b); /* returns NULL */

/* One message of the kernel's, in its order; us is its own clock. What is of no level that counts,
 * or more than fits, is left out. */
void boot_errors_add(struct boot_errors *b, unsigned level, uint64_t us, const char *text,
		     uint64_t at_ns);

typedef void (*boot_error_fn)(void *arg, const struct sighting *s);

/*
 * Calls fn for each that the scenario does not ignore, reports first; repeats are folded. The
 * offsets are 0: where it stands on the console is not known here. -errno where the detector cannot
 * be made.
 */
int boot_errors_find(const struct boot_errors *b, const struct settings *s, boot_error_fn fn,
		     void *arg, struct err *err);

#endif

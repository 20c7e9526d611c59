/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sample with names: the text of a CSV file (RFC 4180, with a header) of lifetimes.
 *
 *	time     needed; finite, 0 or more; any unit
 *	status   needed; 1 failed, 0 censored
 *	arm      any text; missing: one arm
 *	cause    any text where status is 1; missing: one cause
 *	stratum  any text (a host, a snapshot cluster); missing: one stratum
 *
 * Columns come in any order; others are ignored, unless their name looks like a slip of one of
 * these.
 */
#ifndef KS_STATS_LIFETABLE_H
#define KS_STATS_LIFETABLE_H

#include "base/err.h"
#include "stats/sample.h"

/* In order: by value where all are numbers, else as people sort names. sample ids are indexes. */
struct labels {
	char **name; /* owned; whole numbers in their shortest form */
	size_t n;
	bool numeric;
};

struct lifetable {
	struct sample sample; /* sorted */
	struct labels arm, cause, stratum;
};

enum { LIFETABLE_ARMS_MAX = 200, LIFETABLE_CAUSES_MAX = 200 };

#define _cleanup_lifetable_ _cleanup_(lifetable_done)
void lifetable_done(struct lifetable *t);

/* -EINVAL with "name:line:column: what was found; what would do". */
int lifetable_parse(const char *name, const char *text, size_t n, struct lifetable *ret,
		    struct err *err);

#endif

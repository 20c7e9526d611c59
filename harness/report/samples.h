/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the guest's agent sampled each second (docs/PROTOCOL.md, "Samples"), and what the host saw
 * of the guest (docs/RESULTS.md, agent.log), read back from a trial's agent.log as a table: a row a
 * line, a column a key. Keys of the host begin with "host."; a row has those of one side only.
 */
#ifndef KS_REPORT_SAMPLES_H
#define KS_REPORT_SAMPLES_H

#include "base/err.h"
#include "base/str.h"
#include "model/verdict.h"

enum {
	SAMPLES_MAX = 3600,
	SAMPLE_KEYS_MAX = 2048
}; /* the last rows; columns beyond are left out */

struct samples {
	size_t n;
	struct strv key;
	double *at_s;  /* n: the host's clock at its arrival */
	double *up_s;  /* n: the guest's own clock */
	double *value; /* n rows of key.n; NaN: the sample did not have it */
};

void samples_done(struct samples *s);
#define _cleanup_samples_ _cleanup_(samples_done)

/* Those that came from from_ns to to_ns, at most the last SAMPLES_MAX. -ENOENT without the file;
 * lines that are none, of a hostile guest perhaps, are left out. */
int samples_read(int trial_dir, uint64_t from_ns, uint64_t to_ns, struct samples *ret,
		 struct err *err);

/* From the beginning of a trial's exposure to its failure. False where it did not fail, or fewer
 * than two came. */
bool samples_before(int trial_dir, const struct verdict *v, struct samples *ret);

/* The column of a key, or -1. */
int samples_column(const struct samples *s, const char *key);

static inline double samples_get(const struct samples *s, size_t row, int column)
{
	return s->value[row * s->key.n + (size_t)column];
}

#endif

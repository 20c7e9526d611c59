/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One of the things that a guest, or its host, samples each second, as people read it: a share of a
 * CPU's time, a rate, a size. Pure. */
#ifndef KS_REPORT_SERIES_H
#define KS_REPORT_SERIES_H

#include "base/buf.h"
#include "report/samples.h"

enum { SERIES_MAX = 180 }; /* values: the last ones */

enum series_unit {
	SERIES_SHARE, /* of a second: 0 to 1 */
	SERIES_RATE,  /* per second */
	SERIES_SIZE   /* bytes */
};

struct series {
	char what[64]; /* "CPU 1's system time", "pgscan_kswapd"; from the guest's keys */
	enum series_unit unit;
	int cpu;   /* of a CPU's work in the kernel: which; else -1 */
	bool host; /* as the host sees that CPU */
	size_t n;
	double v[SERIES_MAX];
	double at_s[SERIES_MAX]; /* host's clock of the sample before the one that made v */
};

/* False for a key that nobody would look at. */
bool series_make(const struct samples *s, size_t column, struct series *ret);

/* "3 %", "120/s", "64.0 MiB" */
void series_amount(struct buf *out, enum series_unit unit, double v);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/series.h"

#include <math.h>
#include <stdio.h>

#include "base/str.h"
#include "model/units.h"
#include "report/figure.h"

enum { USER_HZ = 100 /* ticks a second in /proc/stat, on every architecture that matters */ };

/* From row a to row b, by the guest's own clock; by the host's where that stands still, or where
 * the row is the host's. */
static double seconds(const struct samples *s, size_t a, size_t b)
{
	double up = s->up_s[b] - s->up_s[a];

	return up > 0 ? up : s->at_s[b] - s->at_s[a];
}

static void put(struct series *to, double at_s, double v)
{
	if (!isfinite(v))
		return;
	if (to->n == SERIES_MAX) { /* the oldest goes */
		memmove(to->v, to->v + 1, (--to->n) * sizeof(*to->v));
		memmove(to->at_s, to->at_s + 1, to->n * sizeof(*to->at_s));
	}
	to->at_s[to->n] = at_s;
	to->v[to->n++] = v;
}

static void fill(const struct samples *s, int column, double per, struct series *ret)
{
	const enum series_unit unit = ret->unit;
	size_t last = SIZE_MAX; /* row that had it */

	ret->n = 0;
	for (size_t i = 0; i < s->n; i++) {
		double now = samples_get(s, i, column), rate;

		if (isnan(now))
			continue;
		if (last != SIZE_MAX) {
			rate = (now - samples_get(s, last, column)) / (per * seconds(s, last, i));
			put(ret, s->at_s[last],
			    unit == SERIES_SIZE    ? now
			    : unit == SERIES_SHARE ? fmin(rate, 1)
						   : rate);
		}
		last = i;
	}
}

/* What a key is called, what it counts, and how many of it make one. False: nobody's series. */
static bool name_of(const char *key, struct series *ret, double *ret_per)
{
	const char *rest;
	unsigned cpu;
	char mode[16];

	*ret_per = 1;
	if (sscanf(key, "cpu%u.%15[a-z]", &cpu, mode) == 2) {
		snprintf(ret->what, sizeof(ret->what), "CPU %u's %s time", cpu, mode);
		ret->unit = SERIES_SHARE;
		*ret_per = USER_HZ;
		return !str_eq(mode, "idle");
	}
	if (sscanf(key, "host.vcpu%u%1s", &cpu, mode) == 1) {
		snprintf(ret->what, sizeof(ret->what), "vCPU %u's time on the host", cpu);
		ret->unit = SERIES_SHARE;
		*ret_per = 1e9;
		return true;
	}
	if ((rest = str_after(key, "psi."))) {
		snprintf(ret->what, sizeof(ret->what), "pressure %.40s", rest);
		ret->unit = SERIES_SHARE;
		*ret_per = 1e6;
		return true;
	}
	rest = str_after(key, "vm.");
	ret->unit = rest ? SERIES_RATE : SERIES_SIZE;
	rest = rest ? rest : str_after(key, "mem.");
	snprintf(ret->what, sizeof(ret->what), "%.60s", rest ? rest : "");
	return rest != NULL;
}

bool series_make(const struct samples *s, size_t column, struct series *ret)
{
	double per;

	if (!name_of(s->key.item[column], ret, &per))
		return false;
	fill(s, (int)column, per, ret);
	return true;
}

void series_amount(struct buf *out, enum series_unit unit, double v)
{
	char text[UNIT_TEXT];

	switch (unit) {
	case SERIES_SHARE: buf_printf(out, "%.0f %%", 100 * v); break;
	case SERIES_RATE:
		figure_count(out, round(v));
		buf_puts(out, "/s");
		break;
	case SERIES_SIZE: buf_puts(out, size_human(text, (uint64_t)fmax(v, 0))); break;
	}
}

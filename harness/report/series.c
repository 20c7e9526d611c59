/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/series.h"

#include <math.h>
#include <stdio.h>

#include "base/str.h"
#include "model/units.h"
#include "report/figure.h"

enum { CPUS_MAX = 4096, TICKS_MIN = 3 /* fewer make no share */ };

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

/* What the kernel accounted to the CPU between two rows, in all modes. Not the seconds that went
 * by: a vCPU that gets a tenth of a processor sees a tenth of its ticks, and idles by the clock. */
static double accounted(const struct samples *s, const int *mode, size_t n, size_t from, size_t to)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		double step = mode[i] < 0
				      ? NAN
				      : samples_get(s, to, mode[i]) - samples_get(s, from, mode[i]);

		sum += isnan(step) ? 0 : step;
	}
	return sum;
}

static void fill_cpu(const struct samples *s, int column, unsigned cpu, struct series *ret)
{
	static const char *const modes[] = { "user", "system",  "idle", "iowait",
					     "irq",  "softirq", "steal" };
	int mode[ARRAY_SIZE(modes)];
	size_t last = SIZE_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		char key[32];

		snprintf(key, sizeof(key), "cpu%u.%s", cpu, modes[i]);
		mode[i] = samples_column(s, key);
	}
	ret->n = 0;
	for (size_t i = 0; i < s->n; i++) {
		double all;

		if (isnan(samples_get(s, i, column)))
			continue;
		all = last == SIZE_MAX ? 0 : accounted(s, mode, ARRAY_SIZE(mode), last, i);
		if (all >= TICKS_MIN)
			put(ret, s->at_s[last],
			    (samples_get(s, i, column) - samples_get(s, last, column)) / all);
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
	ret->cpu = -1;
	ret->host = false;
	if (sscanf(key, "cpu%u.%15[a-z]", &cpu, mode) == 2) {
		snprintf(ret->what, sizeof(ret->what), "CPU %u's %s time", cpu, mode);
		ret->unit = SERIES_SHARE;
		ret->cpu = str_eq(mode, "system") && cpu < CPUS_MAX ? (int)cpu : -1;
		return !str_eq(mode, "idle");
	}
	if (sscanf(key, "host.want%u%1s", &cpu, mode) == 1 ||
	    sscanf(key, "host.vcpu%u%1s", &cpu, mode) == 1) {
		snprintf(ret->what, sizeof(ret->what), "vCPU %u's %s on the host", cpu,
			 str_after(key, "host.want") ? "demand for a CPU" : "time");
		ret->unit = SERIES_SHARE;
		ret->cpu = cpu < CPUS_MAX ? (int)cpu : -1;
		ret->host = true;
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
	const char *key = s->key.item[column];
	unsigned cpu;
	double per;

	if (!name_of(key, ret, &per))
		return false;
	if (sscanf(key, "cpu%u.", &cpu) == 1)
		fill_cpu(s, (int)column, cpu, ret);
	else
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

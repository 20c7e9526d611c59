/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/watch_stats.h"

#include <stdio.h>

#include "model/units.h"

static uint64_t ticks(const struct agent_line *l, size_t cpu, const char *what)
{
	char key[32];

	snprintf(key, sizeof(key), "cpu%zu.%s", cpu, what);
	return agent_u64(l, key, 0);
}

/* How busy it was since the last sample, in percent; false where there is no such CPU. */
static bool cpu_busy(struct watch_stats *w, const struct agent_line *l, size_t cpu, double *ret)
{
	static const char *const busy_at[] = { "user", "system", "irq", "softirq", "steal" };
	uint64_t busy = 0, all = ticks(l, cpu, "idle") + ticks(l, cpu, "iowait");
	uint64_t since_busy, since_all;

	for (size_t i = 0; i < ARRAY_SIZE(busy_at); i++)
		busy += ticks(l, cpu, busy_at[i]);
	all += busy;
	since_busy = busy - MIN(w->busy[cpu], busy);
	since_all = all - MIN(w->all[cpu], all);
	w->busy[cpu] = busy;
	w->all[cpu] = all;
	*ret = since_all ? 100 * (double)since_busy / (double)since_all : 0;
	return all > 0;
}

static void put_cpus(struct watch_stats *w, const struct agent_line *l, struct buf *out)
{
	double percent;
	size_t i;

	for (i = 0; i < WATCH_CPUS && cpu_busy(w, l, i, &percent); i++)
		buf_printf(out, "%s%.0f", i ? "/" : "cpu ", percent);
	buf_puts(out, i ? " %, " : "");
}

static void put_memory(const struct agent_line *l, struct buf *out)
{
	const uint64_t all = agent_u64(l, "mem.MemTotal", 0);
	char a[UNIT_TEXT], b[UNIT_TEXT];

	if (all)
		buf_printf(out, "%s of %s available, ",
			   size_human(a, agent_u64(l, "mem.MemAvailable", 0)), size_human(b, all));
}

static void take_count(struct watch_stats *w, const struct agent_line *l)
{
	const char *name = pairs_get(&l->arg, "load");
	size_t i = 0;

	while (name && i < w->n_loads && strncmp(w->load[i], name, sizeof(w->load[i]) - 1) != 0)
		i++;
	if (!name || i == ARRAY_SIZE(w->load))
		return;
	if (i == w->n_loads)
		snprintf(w->load[w->n_loads++], sizeof(w->load[i]), "%s", name);
	w->load_count[i] = agent_u64(l, "count", w->load_count[i]);
	w->count = 0;
	for (i = 0; i < w->n_loads; i++)
		w->count += w->load_count[i];
}

static void put_count(const struct watch_stats *w, double seconds, struct buf *out)
{
	buf_printf(out, "%llu counts", (unsigned long long)w->count);
	if (w->begun && seconds > 0 && w->count >= w->last_count)
		buf_printf(out, " (%.3g/s)", (double)(w->count - w->last_count) / seconds);
}

bool watch_stats_take(struct watch_stats *w, const struct agent_line *l, struct buf *out)
{
	uint64_t up_ns;

	if (str_eq(l->word, "progress"))
		take_count(w, l);
	if (!str_eq(l->word, "sample"))
		return false;
	up_ns = agent_u64(l, "up", 0);
	put_cpus(w, l, out);
	put_memory(l, out);
	put_count(w, up_ns > w->up_ns ? (double)(up_ns - w->up_ns) / 1e9 : 0, out);
	w->up_ns = up_ns;
	w->last_count = w->count;
	w->begun = true;
	return true;
}

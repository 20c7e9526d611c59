/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/mail.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/fs.h"
#include "model/spec.h"
#include "model/units.h"
#include "report/excerpt.h"
#include "report/figure.h"
#include "report/jumps.h"
#include "report/view.h"
#include "store/verdicts.h"

enum { SCENARIO_MAX = 1 << 20, JUMPS_TOLD = 3 };

struct mail {
	const struct run_dir *run;
	const struct verdict *v;
	const struct mail_guest *guest;
	struct places *places;
	struct buf *out;
	int dir;
};

static void clean(struct mail *m, const char *s)
{
	str_sanitise(m->out, s, strlen(s), false);
}

static void put_subject(struct mail *m)
{
	buf_puts(m->out, "Subject: [BUG] ");
	clean(m, m->v->sighting.title);
	if (*m->v->kernel) {
		buf_puts(m->out, " (");
		clean(m, m->v->kernel);
		buf_putc(m->out, ')');
	}
	buf_puts(m->out, "\n\n");
}

static void put_fact(struct mail *m, const char *name, const char *value)
{
	if (!*value)
		return;
	buf_printf(m->out, "%-13s ", name);
	clean(m, value);
	buf_putc(m->out, '\n');
}

static void put_guest(struct mail *m)
{
	const struct mail_guest *g = m->guest;
	_cleanup_buf_ struct buf machine = BUF_INIT;
	char size[UNIT_TEXT];

	put_fact(m, "Kernel:", m->v->kernel);
	put_fact(m, "Version:", g->version);
	put_fact(m, "Command line:", g->cmdline);
	buf_printf(&machine, "QEMU q35 under %s", m->v->accel);
	if (g->cpus)
		buf_printf(&machine, ", %" PRIu64 " vCPU, %s", g->cpus,
			   size_human(size, g->memory));
	put_fact(m, "Machine:", buf_str(&machine));
	put_fact(m, "Crash id:", m->v->sighting.id);
}

/* ---- how often ---- */

static const struct view_arm *arm_of(const struct view *v, const char *name, size_t *ret)
{
	for (*ret = 0; *ret < v->n_arms; (*ret)++)
		if (str_eq(v->arm[*ret].name, name))
			return &v->arm[*ret];
	return NULL;
}

static size_t trials_with(const struct view *v, size_t arm, const char *id)
{
	for (size_t i = 0; i < v->n_buckets; i++)
		if (str_eq(v->bucket[i].first.id, id))
			return v->bucket[i].by_arm[arm];
	return 0;
}

static void put_mttf(struct mail *m, const struct view_arm *a)
{
	const struct expo *e = &a->time.expo;

	buf_puts(m->out, "Mean time to failure: ");
	figure_interval(m->out, e->mttf, a->time.mttf_ci, scale_of_seconds(e->mttf));
	buf_printf(m->out, " (95 %%), from %zu failure%s in ", e->n_event,
		   e->n_event == 1 ? "" : "s");
	figure_scaled(m->out, e->total_time, scale_of_seconds(e->total_time));
	buf_puts(m->out, ".\n");
}

/* "7 of 20 guests, each watched for 30 min at most" */
static void put_rate(struct mail *m, const struct settings *s)
{
	_cleanup_view_ struct view v = { 0 };
	char soak[UNIT_TEXT];
	const struct view_arm *a;
	size_t arm;

	if (view_load(m->run, &v, NULL) < 0 || !(a = arm_of(&v, m->v->arm, &arm)))
		return;
	buf_printf(m->out, "\nIt happened to %zu of %zu guests, each watched for %s at most.\n",
		   trials_with(&v, arm, m->v->sighting.id), a->counted,
		   duration_human(soak, s->limits.soak));
	if (m->v->outcome == OUTCOME_FAILED && a->time.expo.n_event)
		put_mttf(m, a);
	buf_puts(m->out, "This one failed after ");
	buf_puts(m->out, duration_human(soak, m->v->exposure_ns));
	buf_puts(m->out, ".\n");
}

/* ---- the report, and what came before ---- */

static void put_report(struct mail *m)
{
	const struct sighting *s = &m->v->sighting;
	_cleanup_excerpt_ struct excerpt e = EXCERPT_INIT;
	struct excerpt_line l;

	if (!excerpt_read(m->dir, s, &e)) {
		buf_puts(m->out, "\nThe console says nothing of it.\n");
		return;
	}
	if (m->places)
		places_learn(m->places, e.text.data + e.report, e.text.len - e.report, s);
	buf_puts(m->out, "\n");
	for (size_t at = e.report; excerpt_next(&e, &at, &l);) {
		str_sanitise(m->out, l.text, l.len, false);
		buf_putc(m->out, '\n');
		if (m->places)
			places_beneath(m->places, l.text, l.len, "            ", m->out);
	}
}

static void put_jumps(struct mail *m)
{
	struct jumps j;

	if (!jumps_before(m->dir, m->v, &j) || !j.n)
		return;
	buf_puts(m->out, "\nBefore it:\n");
	jumps_put(&j, JUMPS_TOLD, m->out);
}

/* ---- the steps ---- */

static void put_loads(struct mail *m, const struct settings *s)
{
	for (size_t i = 0; i < s->n_loads; i++) {
		buf_printf(m->out, "  %s: %s\n", s->load[i].def->name, s->load[i].def->sentence);
	}
}

static void put_scenario(struct mail *m)
{
	_cleanup_buf_ struct buf yaml = BUF_INIT;
	const char *at, *eol;

	if (fs_read(m->run->fd, RUN_SCENARIO, SCENARIO_MAX, &yaml, NULL) < 0)
		return;
	buf_puts(m->out, "\nscenario.yaml:\n");
	for (at = buf_str(&yaml); *at; at = *eol ? eol + 1 : eol) {
		eol = strchrnul(at, '\n');
		buf_puts(m->out, "    ");
		str_sanitise(m->out, at, (size_t)(eol - at), false);
		buf_putc(m->out, '\n');
	}
}

static void put_steps(struct mail *m, const struct settings *s)
{
	buf_puts(m->out, "\nTo reproduce, with kernsoak " KERNSOAK_VERSION
			 " (guests of QEMU, without a network):\n");
	put_loads(m, s);
	buf_puts(m->out, "  kernsoak run scenario.yaml --arm ");
	clean(m, m->v->arm);
	buf_printf(m->out, " --seed %" PRIu64 "\n", m->v->seed);
	put_scenario(m);
}

static int read_spec(int dir, struct spec *ret, struct err *err)
{
	_cleanup_json_ json_t *j = NULL;
	int r = json_read(dir, TRIAL_SPEC, &j, err);

	return r < 0 ? r : spec_from_json(j, ret, err);
}

int mail_trial(const struct run_dir *run, uint64_t trial, const struct mail_guest *guest,
	       struct places *places, struct buf *out, struct err *err)
{
	_cleanup_free_
	struct verdict *v = xcalloc(1, sizeof(*v));
	_cleanup_close_ int dir = trial_dir_open(run->fd, trial, err);
	struct mail m = { run, v, guest, places, out, dir };
	struct spec spec = { 0 };
	int r = dir < 0 ? dir : verdict_read(run->fd, trial, v, err);

	if (r == 0 && !v->has_sighting)
		r = err_set(err, EINVAL, "trial %" PRIu64 " did not crash: %s", trial, v->reason);
	if (r == 0)
		r = read_spec(dir, &spec, err);
	if (r == 0) {
		put_subject(&m);
		put_guest(&m);
		put_rate(&m, &spec.settings);
		put_report(&m);
		put_jumps(&m);
		put_steps(&m, &spec.settings);
	}
	spec_done(&spec);
	return r;
}

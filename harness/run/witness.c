/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/witness.h"

#include <math.h>
#include <stdio.h>

#include "model/cascade.h"

void witness_init(struct witness *w, const struct settings *s)
{
	*w = (struct witness){ .settings = s,
			       .deciding = TIME_NEVER,
			       .netconsole.serial = TIME_NEVER,
			       .scanned_before = TIME_NEVER };
	w->facts.ending = ENDING_LOST; /* until it is known better */
	w->facts.work = NAN;
	w->facts.idle = cascade_wanted(&s->cascade);
	w->sightings = json_array();
	if (boot_errors_count(&s->boot))
		w->boot = boot_errors_new();
}

void witness_done(struct witness *w)
{
	json_decref(w->sightings);
	w->sightings = NULL;
	w->boot = boot_errors_free(w->boot);
	free(TAKE(w->boot_error, NULL));
}

/* From here on the life is counted. */
static void start_exposure(struct witness *w, uint64_t at_ns, double work_before)
{
	w->facts.exposed_ns = at_ns;
	w->facts.work_before = work_before;
}

static bool waits_for(const struct witness *w, enum exposure_start start)
{
	return w->facts.soak_ns && !w->facts.exposed_ns && w->settings->exposure_starts == start;
}

static void on_hello(struct witness *w, const struct agent_line *l, uint64_t at_ns)
{
	const char *release = pairs_get(&l->arg, "release");

	if (w->facts.hello_ns)
		return;
	w->facts.hello_ns = at_ns;
	snprintf(w->kernel, sizeof(w->kernel), "%s", release ? release : "");
}

static void on_kmsg(struct witness *w, const struct agent_line *l, uint64_t at_ns)
{
	const char *text = pairs_get(&l->arg, "text");

	if (w->boot && !w->facts.ready_ns && text)
		boot_errors_add(w->boot, (unsigned)agent_u64(l, "level", 7), agent_u64(l, "us", 0),
				text, at_ns);
}

static void on_boot_error(void *arg, const struct sighting *s)
{
	struct witness *w = arg;
	size_t n = w->n_boot_errors++;

	w->boot_error = xrealloc(w->boot_error, w->n_boot_errors * sizeof(*s));
	w->boot_error[n] = *s;
	w->facts.n_sightings++;
}

static void on_ready(struct witness *w, const struct agent_line *l, uint64_t at_ns)
{
	(void)l;
	if (!w->facts.hello_ns || w->facts.ready_ns)
		return;
	w->facts.ready_ns = at_ns;
	if (w->boot && !w->facts.has_sighting)
		boot_errors_find(w->boot, w->settings, on_boot_error, w, NULL);
	if (!w->n_boot_errors)
		return;
	w->facts.has_sighting = true;
	w->facts.sighting = w->boot_error[0];
}

static void on_begun(struct witness *w, const struct agent_line *l, uint64_t at_ns)
{
	(void)l;
	if (!w->facts.ready_ns || w->facts.soak_ns)
		return;
	w->facts.soak_ns = at_ns;
	w->facts.last_beat_ns = w->facts.last_progress_ns = at_ns;
	if (waits_for(w, EXPOSURE_BEGIN))
		start_exposure(w, at_ns, 0);
}

static double work_so_far(const struct witness *w)
{
	return isfinite(w->facts.work) ? w->facts.work : 0;
}

void witness_placed(struct witness *w, uint64_t at_ns)
{
	if (waits_for(w, EXPOSURE_PLACEMENT))
		start_exposure(w, at_ns, work_so_far(w));
}

/* Against the last sample before the soak; where there was none, the first one in it. */
static void on_sample(struct witness *w, const struct agent_line *l, uint64_t at_ns)
{
	const uint64_t scanned = agent_u64(l, "vm.pgscan_kswapd", TIME_NEVER);

	if (scanned == TIME_NEVER)
		return;
	if (!w->facts.soak_ns || w->scanned_before == TIME_NEVER)
		w->scanned_before = scanned;
	else if (waits_for(w, EXPOSURE_FIRST_RECLAIM) && scanned > w->scanned_before)
		start_exposure(w, at_ns, work_so_far(w));
}

static void on_beat(struct witness *w, const struct agent_line *l, uint64_t at_ns)
{
	const uint64_t synced = agent_u64(l, "synced", 0);

	w->facts.last_beat_ns = at_ns;
	if (synced > w->facts.synced) {
		w->facts.synced = synced;
		w->facts.last_sync_ns = at_ns;
	}
}

static void on_answer(struct witness *w, const struct agent_line *l, uint64_t at_ns)
{
	const char *error = pairs_get(&l->arg, "error");

	if (error)
		snprintf(w->facts.refusal, sizeof(w->facts.refusal), "%s", error);
	else
		w->facts.last_answer_ns = at_ns;
}

/* The load whose counter is the second clock. */
static bool is_exposure_load(const struct settings *s, const char *load)
{
	if (s->exposure_unit[0])
		return str_eq(load, s->exposure_unit);
	return s->n_loads == 0 || str_eq(load, s->load[0].def->name);
}

static void on_progress(struct witness *w, const struct agent_line *l, uint64_t at_ns)
{
	const char *load = pairs_get(&l->arg, "load");
	uint64_t count = agent_u64(l, "count", 0);

	w->facts.last_beat_ns = at_ns;
	if (!w->facts.soak_ns || w->facts.horizon_ns || !load)
		return;
	if (count)
		w->facts.last_progress_ns = at_ns;
	if (!is_exposure_load(w->settings, load))
		return;
	w->facts.work = (double)count;
	if (count && waits_for(w, EXPOSURE_FIRST_COUNT))
		start_exposure(w, at_ns, 0);
}

/* A probe's name stands in titles: of other bytes than these none is taken over. */
static void take_name(const char *name, char *ret, size_t size)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	snprintf(ret, size, "%.*s", (int)n, n && !name[n] ? name : "?");
}

static void on_probe(struct witness *w, const struct agent_line *l, uint64_t at_ns)
{
	const char *name = pairs_get(&l->arg, "name");
	uint64_t waited_ms = agent_u64(l, "overdue_ms", 0);
	uint64_t most_ms;

	if (!w->facts.soak_ns || w->facts.probe_ns || !name)
		return;
	most_ms = (at_ns - w->facts.soak_ns) / NS_PER_MS;
	w->facts.probe_ns = at_ns - MIN(waited_ms, most_ms) * NS_PER_MS;
	take_name(name, w->facts.probe, sizeof(w->facts.probe));
}

static void on_finding(struct witness *w, const struct agent_line *l)
{
	const char *name = pairs_get(&l->arg, "name");

	if (w->facts.soak_ns && name)
		counts_add(&w->facts.findings, name, agent_u64(l, "n", 1));
}

void witness_agent(struct witness *w, const struct agent_line *l, uint64_t at_ns)
{
	static const struct {
		const char *word;
		void (*fn)(struct witness *w, const struct agent_line *l, uint64_t at_ns);
	} words[] = {
		{ "beat", on_beat },     { "progress", on_progress }, { "hello", on_hello },
		{ "ready", on_ready },   { "begun", on_begun },       { "probe", on_probe },
		{ "sample", on_sample }, { "kmsg", on_kmsg },         { "answer", on_answer },
	};

	if (str_eq(l->word, "finding"))
		on_finding(w, l);
	if (w->facts.end_ns)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(l->word, words[i].word))
			words[i].fn(w, l, at_ns);
}

static void keep(struct witness *w, enum sighting_phase phase, uint64_t serial,
		 const struct sighting *s)
{
	if (phase == SIGHTING_OPENED && serial < SIGHTINGS_KEPT)
		w->work_at[serial] = w->facts.work;
	while (json_array_size(w->sightings) <= serial && serial < SIGHTINGS_KEPT)
		json_array_append_new(w->sightings, json_null());
	if (serial < SIGHTINGS_KEPT)
		json_array_set_new(w->sightings, serial, sighting_to_json(s));
}

/* Before the soak, where the scenario wants a boot without errors. */
static bool spoils_boot(const struct witness *w, const struct sighting *s)
{
	return w->boot && !w->facts.soak_ns && s->severity >= SEVERITY_CRASH && !s->ignored[0] &&
	       !boot_error_ignored(&w->settings->boot, s->title);
}

static bool after_horizon(const struct witness *w, const struct sighting *s)
{
	return w->facts.horizon_ns && s->at_ns >= w->facts.horizon_ns;
}

/* It need not come at once when its time is full: half of that again is left to it. */
static void await_target(struct witness *w, const struct sighting *s)
{
	const struct target *t = &w->settings->target;

	if (t->lasts && !s->ignored[0] && s->at_ns >= w->facts.soak_ns && target_matches(t, s) &&
	    !target_lasted(t, s))
		w->open_until_ns = MAX(w->open_until_ns, s->at_ns + t->lasts + t->lasts / 2);
}

static bool ends_trial(const struct witness *w, const struct sighting *s)
{
	return !w->n_boot_errors && !after_horizon(w, s) &&
	       (classify_ends_trial(&w->settings->target, s) || spoils_boot(w, s));
}

bool witness_sighting(struct witness *w, enum sighting_phase phase, uint64_t serial,
		      const struct sighting *s)
{
	bool decides = serial < w->deciding && ends_trial(w, s);

	if (!after_horizon(w, s))
		await_target(w, s);
	keep(w, phase, serial, s);
	if (phase == SIGHTING_OPENED && s->severity >= SEVERITY_CRASH && !s->ignored[0])
		w->facts.n_sightings++;
	if (decides && serial < SIGHTINGS_KEPT)
		w->facts.work = w->work_at[serial];
	if (decides || serial == w->deciding) {
		w->deciding = serial;
		w->deciding_closed = phase != SIGHTING_OPENED;
		w->facts.has_sighting = true;
		w->facts.sighting = *s;
	}
	return decides;
}

bool witness_netconsole(struct witness *w, enum sighting_phase phase, uint64_t serial,
			const struct sighting *s)
{
	struct deciding *d = &w->netconsole;
	bool decides = serial < d->serial && ends_trial(w, s);

	if (!decides && serial != d->serial)
		return false;
	d->serial = serial;
	d->closed = phase != SIGHTING_OPENED;
	d->sighting = *s;
	d->sighting.netconsole = true;
	return decides;
}

bool witness_report_open(const struct witness *w)
{
	if (w->facts.has_sighting)
		return !w->deciding_closed;
	return w->netconsole.serial != TIME_NEVER && !w->netconsole.closed;
}

void witness_hear_both(struct witness *w)
{
	struct facts *f = &w->facts;
	const struct sighting *net = &w->netconsole.sighting;
	bool better = f->has_sighting && f->sighting.class == net->class &&
		      f->sighting.integrity != INTEGRITY_COMPLETE &&
		      net->integrity == INTEGRITY_COMPLETE;
	uint64_t at_ns = f->has_sighting ? MIN(f->sighting.at_ns, net->at_ns) : net->at_ns;

	if (w->netconsole.serial == TIME_NEVER || (f->has_sighting && !better))
		return;
	f->n_sightings += !f->has_sighting;
	f->has_sighting = true;
	f->sighting = *net;
	f->sighting.at_ns = at_ns;
}

json_t *witness_sightings(const struct witness *w)
{
	json_t *all = json_copy(w->sightings);

	if (w->facts.has_sighting && w->facts.sighting.netconsole)
		json_array_append_new(all, sighting_to_json(&w->facts.sighting));
	for (size_t i = 0; i < w->n_boot_errors; i++)
		json_array_append_new(all, sighting_to_json(&w->boot_error[i]));
	return all;
}

uint64_t witness_horizon(struct witness *w, uint64_t at_ns)
{
	if (w->facts.horizon_ns || w->open_until_ns <= at_ns)
		return 0;
	w->facts.horizon_ns = at_ns;
	return w->open_until_ns;
}

void witness_end(struct witness *w, enum ending ending, enum step step, uint64_t at_ns,
		 const char *detail)
{
	if (w->facts.end_ns)
		return;
	if (w->facts.horizon_ns && ending != ENDING_CRASH) {
		ending = ENDING_HORIZON; /* it had lived so long, whatever came then */
		at_ns = w->facts.horizon_ns;
	}
	w->facts.ending = ending;
	w->facts.step = step;
	w->facts.end_ns = at_ns;
	snprintf(w->facts.detail, sizeof(w->facts.detail), "%s", detail);
}

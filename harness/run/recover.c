/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/fs.h"
#include "detect/detector.h"
#include "run/agent.h"
#include "run/classify.h"
#include "run/evidence.h"
#include "run/trial.h"

struct mark { /* the console's first `end` bytes had arrived at at_ns */
	uint64_t at_ns, end;
};

struct past {
	const struct spec *spec;
	struct facts facts;
	char kernel[128];
	struct mark *mark;
	size_t n_marks;
	uint64_t deciding;
	json_t *sightings;
};

/* ---- agent.log: how far it came, and the last sign of life ---- */

static void on_agent_line(void *arg, uint64_t at_ns, const char *text, size_t n)
{
	struct past *p = arg;
	struct facts *f = &p->facts;
	const char *unit = p->spec->settings.exposure_unit;
	struct agent_line l;
	const char *load;

	if (!f->spawn_ns)
		f->spawn_ns = at_ns;
	if (agent_parse(text, n, &l) < 0)
		return;
	load = pairs_get(&l.arg, "load");
	if (!unit[0] && p->spec->settings.n_loads)
		unit = p->spec->settings.load[0].def->name;
	if (str_eq(l.word, "hello") && !f->hello_ns) {
		const char *release = pairs_get(&l.arg, "release");

		f->hello_ns = at_ns;
		snprintf(p->kernel, sizeof(p->kernel), "%s", release ? release : "");
	} else if (str_eq(l.word, "begun") && f->hello_ns && !f->soak_ns) {
		f->soak_ns = f->last_beat_ns = at_ns;
	} else if (str_eq(l.word, "beat")) {
		f->last_beat_ns = at_ns;
	} else if (str_eq(l.word, "progress") && f->soak_ns) {
		f->last_beat_ns = at_ns;
		if (load && (!unit[0] || str_eq(load, unit)))
			f->work = (double)agent_u64(&l, "count", 0);
	}
	agent_line_done(&l);
}

/* ---- console.log with the instants of console.idx ---- */

static void on_mark(void *arg, uint64_t at_ns, const char *text, size_t n)
{
	struct past *p = arg;
	char number[32];
	uint64_t end;

	if (n >= sizeof(number))
		return;
	memcpy(number, text, n);
	number[n] = 0;
	if (str_to_u64(number, UINT64_MAX, &end) < 0)
		return;
	if ((p->n_marks & (p->n_marks - 1)) == 0)
		p->mark = xrealloc(p->mark, MAX(2 * p->n_marks, (size_t)1) * sizeof(*p->mark));
	p->mark[p->n_marks++] = (struct mark){ at_ns, end };
}

static void on_sighting(void *arg, enum sighting_phase phase, uint64_t serial,
			const struct sighting *s)
{
	struct past *p = arg;

	if (phase == SIGHTING_OPENED && s->severity >= SEVERITY_CRASH)
		p->facts.n_sightings++;
	if (phase == SIGHTING_CLOSED)
		json_array_append_new(p->sightings, sighting_to_json(s));
	if (serial > p->deciding || !classify_ends_trial(&p->spec->settings.target, s))
		return;
	p->deciding = serial;
	p->facts.has_sighting = true;
	p->facts.sighting = *s;
	p->facts.ending = ENDING_CRASH;
}

/* Feeds the console in the chunks in which it had arrived; what has no instant had none of us. */
static int replay_console(int dirfd, struct past *p, struct err *err)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct detector *d;
	uint64_t at = 0, last_ns = p->facts.last_beat_ns;
	int r = fs_read(dirfd, "console.log", SIZE_MAX / 2, &b, err);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	d = detector_new(on_sighting, p, err);
	if (!d)
		return -err->code;
	for (size_t i = 0; i < p->n_marks && at < b.len; i++) {
		uint64_t end = MIN(p->mark[i].end, (uint64_t)b.len);

		if (end > at)
			detector_feed(d, b.data + at, end - at, p->mark[i].at_ns);
		at = MAX(at, end);
		last_ns = MAX(last_ns, p->mark[i].at_ns);
	}
	if (at < b.len)
		detector_feed(d, b.data + at, b.len - at, last_ns);
	detector_finish(d);
	detector_free(d);
	return 0;
}

static int read_past(int dirfd, struct past *p, struct err *err)
{
	int r = evidence_read(dirfd, "agent.log", on_agent_line, p, err);

	if (r < 0 && r != -ENOENT)
		return r;
	r = evidence_read(dirfd, "console.idx", on_mark, p, err);
	if (r < 0 && r != -ENOENT)
		return r;
	return replay_console(dirfd, p, err);
}

int recover_verdict(int dirfd, struct verdict *ret, struct err *err)
{
	_cleanup_json_ json_t *jspec = NULL, *jverdict = NULL;
	struct past p = { .deciding = TIME_NEVER, .facts.ending = ENDING_LOST };
	struct spec spec = { 0 };
	struct verdict v = { 0 };
	int r = json_read(dirfd, "spec.json", &jspec, err);

	if (r == 0)
		r = spec_from_json(jspec, &spec, err);
	if (r == 0) {
		trial_verdict_init(&spec, "", &v);
		r = json_read(dirfd, "verdict.json", &jverdict, err);
	}
	if (r == 0)
		r = verdict_from_json(jverdict, &v, err);
	if (r == -ENOENT && spec.run) /* killed before it had written anything */
		r = 0;
	if (r == 0) {
		p.spec = &spec;
		p.facts.work = NAN;
		p.sightings = json_array();
		r = read_past(dirfd, &p, err);
	}
	if (r == 0) {
		p.facts.step = p.facts.soak_ns    ? STEP_SOAK
			       : p.facts.hello_ns ? STEP_SETTLE
						  : STEP_BOOT;
		p.facts.end_ns = p.facts.last_beat_ns;
		classify(&spec, &p.facts, &v);
		snprintf(v.kernel, sizeof(v.kernel), "%s", p.kernel);
		v.final = true;
		json_write(dirfd, "sightings.json", p.sightings, NULL);
		*ret = v;
	}
	json_decref(p.sightings);
	free(p.mark);
	spec_done(&spec);
	return r;
}

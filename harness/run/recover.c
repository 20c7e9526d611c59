/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/fs.h"
#include "run/boot_place.h"
#include "run/evidence.h"
#include "run/gather.h"
#include "run/trial.h"
#include "run/witness.h"

/* No guest of ours writes more (vm/here.c has the cap); what came from elsewhere is not all read.
 */
#define CONSOLE_MAX (UINT64_C(512) << 20)

struct past {
	struct witness witness;
	struct detector *detector;
	int console;          /* or netconsole, when that is read */
	uint64_t asked_ns;    /* what the console said from there on, we had asked for; or never */
	uint64_t at, last_ns; /* bytes of the console that were fed, and when the last had come */
};

/* ---- agent.log: how far it came, and the last sign of life ---- */

static bool step_by_name(const char *name, enum step *ret)
{
	for (int i = 0; i < STEP_COUNT; i++)
		if (str_eq(step_name((enum step)i), name)) {
			*ret = (enum step)i;
			return true;
		}
	return false;
}

/* The trial had left its steps and was killed before it could say so in its verdict. */
static void on_note(struct witness *w, const char *note, uint64_t at_ns)
{
	char step[16];
	unsigned ending;
	int detail = 0;
	enum step in;
	const char *starts = str_after(note, "# " EXPOSURE_NOTE);

	if (starts && str_eq(starts, exposure_starts[EXPOSURE_PLACEMENT]))
		witness_placed(w, at_ns);
	if (sscanf(note, "# " ENDING_NOTE "%u in %15[A-Z]: %n", &ending, step, &detail) == 2 &&
	    detail && ending < ENDING_COUNT && step_by_name(step, &in))
		witness_end(w, (enum ending)ending, in, at_ns, note + detail);
}

static void on_agent_line(void *arg, uint64_t at_ns, const char *text, size_t n)
{
	struct past *p = arg;
	struct agent_line l;

	if (!p->witness.facts.spawn_ns)
		p->witness.facts.spawn_ns = at_ns;
	if (str_eq(text, "# " GATHER_NOTE))
		p->asked_ns = MIN(p->asked_ns, at_ns);
	else if (text[0] == '#')
		on_note(&p->witness, text, at_ns);
	else if (agent_parse(text, n, &l) == 0) {
		witness_agent(&p->witness, &l, at_ns);
		agent_line_done(&l);
	}
}

/* ---- console.log with the instants of console.idx ---- */

static void on_sighting(void *arg, enum sighting_phase phase, uint64_t serial,
			const struct sighting *s)
{
	struct past *p = arg;

	witness_sighting(&p->witness, phase, serial, s);
}

static void on_second_sighting(void *arg, enum sighting_phase phase, uint64_t serial,
			       const struct sighting *s)
{
	struct past *p = arg;

	witness_netconsole(&p->witness, phase, serial, s);
}

/* Feeds the console up to its byte `end`, as arrived at at_ns. */
static void feed(struct past *p, uint64_t end, uint64_t at_ns)
{
	char data[65536];
	ssize_t n = at_ns < p->asked_ns ? 1 : 0;

	for (end = MIN(end, CONSOLE_MAX); p->at < end && n > 0; p->at += n > 0 ? (uint64_t)n : 0) {
		n = pread(p->console, data, MIN(sizeof(data), end - p->at), (off_t)p->at);
		if (n > 0)
			detector_feed(p->detector, data, (size_t)n, at_ns);
	}
	p->last_ns = MAX(p->last_ns, at_ns);
}

/* The console's first `end` bytes had arrived at at_ns. */
static void on_mark(void *arg, uint64_t at_ns, const char *text, size_t n)
{
	uint64_t end;

	(void)n;
	if (str_to_u64(text, UINT64_MAX, &end) == 0)
		feed(arg, end, at_ns);
}

/* In the chunks in which it had arrived; what has no instant came after the last that has one. */
static int replay_console(int dirfd, const char *log, const char *index, sighting_fn fn,
			  struct past *p, struct err *err)
{
	_cleanup_close_ int fd = openat(dirfd, log, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return errno == ENOENT
			       ? 0
			       : err_set(err, errno, "cannot read %s: %s", log, strerror(errno));
	p->console = fd;
	p->at = 0;
	p->last_ns = p->witness.facts.last_beat_ns;
	p->detector = detector_new_for(&p->witness.settings->detect, fn, p, err);
	if (!p->detector)
		return -err->code;
	r = evidence_read(dirfd, index, on_mark, p, err);
	if (r == 0 || r == -ENOENT) {
		if (p->asked_ns == TIME_NEVER)
			feed(p, CONSOLE_MAX, p->last_ns);
		detector_finish(p->detector);
		r = 0;
	}
	p->detector = detector_free(p->detector);
	return r;
}

static int read_past(int dirfd, struct past *p, struct err *err)
{
	struct facts *f = &p->witness.facts;
	int r = evidence_read(dirfd, "agent.log", on_agent_line, p, err);

	if (r < 0 && r != -ENOENT)
		return r;
	r = replay_console(dirfd, "console.log", "console.idx", on_sighting, p, err);
	if (r == 0)
		r = replay_console(dirfd, "netconsole.log", "netconsole.idx", on_second_sighting, p,
				   err);
	witness_hear_both(&p->witness);
	if (r < 0 || f->end_ns)
		return r;
	if (f->has_sighting)
		f->ending = ENDING_CRASH;
	else if (f->probe_ns)
		f->ending = ENDING_PROBE;
	f->step = f->soak_ns ? STEP_SOAK : f->hello_ns ? STEP_SETTLE : STEP_BOOT;
	f->end_ns = f->last_beat_ns;
	return 0;
}

/* What the trial had written down; its lack means that it was killed before it had. */
static int read_start(int dirfd, struct spec *spec, struct verdict *v, struct err *err)
{
	_cleanup_json_ json_t *jspec = NULL, *jverdict = NULL;
	int r = json_read(dirfd, "spec.json", &jspec, err);

	if (r == 0)
		r = spec_from_json(jspec, spec, err);
	if (r < 0)
		return r;
	trial_verdict_init(spec, "", v);
	r = json_read(dirfd, "verdict.json", &jverdict, err);
	if (r == 0)
		r = verdict_from_json(jverdict, v, err);
	return r == -ENOENT ? 0 : r;
}

int recover_verdict(int dirfd, struct verdict *ret, struct err *err)
{
	struct err why = { 0 };
	struct spec spec = { 0 };
	struct verdict v = { 0 };
	struct past p = { .console = -1, .asked_ns = TIME_NEVER };
	int r = read_start(dirfd, &spec, &v, &why);

	if (r == 0) {
		witness_init(&p.witness, &spec.settings);
		r = read_past(dirfd, &p, &why);
	}
	if (r == 0) {
		_cleanup_json_ json_t *sightings = NULL;

		boot_place(dirfd, &p.witness);
		classify(&spec, &p.witness.facts, &v);
		snprintf(v.kernel, sizeof(v.kernel), "%s", p.witness.kernel);
		v.final = true;
		/* derived, as the index is: `scan` of the console tells it again */
		sightings = witness_sightings(&p.witness);
		json_write(dirfd, "sightings.json", sightings, NULL);
		*ret = v;
	} else if (err) {
		*err = why;
	}
	witness_done(&p.witness);
	spec_done(&spec);
	return r;
}

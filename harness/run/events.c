/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/events.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"

enum { VERSION = 1, WAITING_MAX = 4 << 20, LAST_WORDS_MS = 5000 };

struct events {
	int fd;
	bool full; /* its reader is too slow: it gets what waits, and no more */
	bool over; /* nobody reads any more */
	struct buf waiting;
};

struct events *events_new(int fd)
{
	struct events *e = fd > 0 ? xcalloc(1, sizeof(*e)) : NULL;

	if (e)
		e->fd = fd;
	return e;
}

/* ---- out ---- */

/* A reader that went away is EPIPE here, and no signal to the run or its children. */
static ssize_t write_quietly(int fd, const void *data, size_t n)
{
	const struct timespec now = { 0 };
	sigset_t pipe, old;
	ssize_t r;
	int code;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, &old);
	r = write(fd, data, n);
	code = errno;
	if (r < 0 && code == EPIPE && !sigismember(&old, SIGPIPE))
		sigtimedwait(&pipe, NULL, &now);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = code;
	return r;
}

/* A reader that went away knows that it did. A disk that is full tells nobody else. */
static void end_early(struct events *e, int code)
{
	e->over = true;
	if (code != EPIPE)
		fprintf(stderr,
			"kernsoak: the events of --jsonl cannot be written: %s; they end here, "
			"their file is cut (perhaps in a line), and the run goes on\n",
			strerror(code));
}

/* Whoever polls as writable takes PIPE_BUF bytes without making us wait. */
static void flush(struct events *e, int wait_ms)
{
	while (e->waiting.len && !e->over) {
		struct pollfd p = { .fd = e->fd, .events = POLLOUT };
		ssize_t n;

		if (poll(&p, 1, wait_ms) <= 0)
			return;
		n = write_quietly(e->fd, e->waiting.data, MIN(e->waiting.len, (size_t)PIPE_BUF));
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			end_early(e, errno);
		else if (n > 0)
			buf_consume(&e->waiting, (size_t)n);
	}
}

static void put_line(struct events *e, const json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	if (e->waiting.len > WAITING_MAX) {
		buf_puts(&e->waiting, "{\"event\":\"lost\",\"why\":\"the reader is too slow\"}\n");
		e->full = true;
	} else {
		buf_printf(&e->waiting, "%s\n", text);
	}
	free(text);
}

struct events *events_free(struct events *e)
{
	if (!e)
		return NULL;
	flush(e, LAST_WORDS_MS);
	buf_done(&e->waiting);
	free(e);
	return NULL;
}

void events_put(struct events *e, const char *event, json_t *o)
{
	json_t *line = json_object();

	if (e && !e->full && !e->over) {
		json_set_str(line, "event", event);
		json_object_set_new(line, "at_s", json_integer(clock_wall_s()));
		json_object_update_missing(line, o);
		put_line(e, line);
	}
	if (e)
		flush(e, 0);
	json_decref(line);
	json_decref(o);
}

/* ---- what there is to say ---- */

void events_record(struct events *e, const struct journal_record *rec)
{
	json_t *o;

	if (!e)
		return;
	o = journal_record_to_json(rec);
	json_object_del(o, "n");
	if (*rec->arm)
		json_set_str(o, "arm", rec->arm);
	events_put(e, journal_event_name(rec->event), o);
}

static json_t *arms_json(const struct campaign *c)
{
	json_t *a = json_array();

	for (size_t i = 0; i < c->scenario.n_arms; i++) {
		json_t *o = json_object();

		json_set_str(o, "arm", c->scenario.arm[i].name);
		json_set_u64(o, "planned", c->tally[i].planned);
		json_set_u64(o, "soak_ns", c->scenario.arm[i].settings.limits.soak);
		json_array_append_new(a, o);
	}
	return a;
}

void events_begin(struct events *e, const struct campaign *c, const struct events_begin *what)
{
	json_t *o = json_object();

	json_set_u64(o, "version", VERSION);
	json_set_str(o, "run", what->id);
	json_set_str(o, "path", what->path);
	json_set_str(o, "scenario", c->scenario.name);
	json_set_str(o, "strategy", what->strategy);
	json_set_bool(o, "resumed", what->resumed);
	json_set_u64(o, "slots", what->slots);
	json_set_u64(o, "budget_ns", c->scenario.stop.budget_ns);
	json_object_set_new(o, "arms", arms_json(c));
	events_put(e, "begin", o);
}

void events_soak(struct events *e, const struct campaign *c, uint64_t trial)
{
	json_t *o = json_object();

	json_set_u64(o, "trial", trial);
	json_set_str(o, "arm", c->scenario.arm[c->plan.trial[trial - 1].arm].name);
	events_put(e, "soak", o);
}

void events_ready(struct events *e, const char *arm, double took_s, const char *why)
{
	json_t *o = json_object();

	json_set_str(o, "arm", arm);
	json_set_double(o, "took_s", took_s);
	if (why)
		json_set_str(o, "why", why);
	events_put(e, why ? "unable" : "ready", o);
}

void events_end(struct events *e, const struct verdict *v, int exit)
{
	json_t *o = json_object();

	json_set_u64(o, "trial", v->trial);
	json_set_str(o, "arm", v->arm);
	json_set_str(o, "outcome", outcome_name(v->outcome));
	json_set_str(o, "reason", v->reason);
	json_set_str(o, "title", v->has_sighting ? v->sighting.title : "");
	json_set_str(o, "class", v->has_sighting ? crash_info(v->sighting.class)->name : "");
	json_set_str(o, "id", v->has_sighting ? v->sighting.id : "");
	json_set_u64(o, "exposure_ns", v->exposure_ns);
	json_set_double(o, "work", v->exposure_work);
	json_set_str(o, "unit", v->unit);
	json_object_set_new(o, "exit", json_integer(exit));
	events_put(e, "end", o);
}

static json_t *standing(const struct campaign *c, const struct live *live, size_t arm,
			uint64_t now_ns)
{
	const uint64_t *outcome = c->tally[arm].outcome;
	json_t *o = json_object();
	struct live_arm a;

	live_look(live, arm, now_ns, &a);
	json_set_str(o, "arm", c->scenario.arm[arm].name);
	json_set_u64(o, "planned", a.planned);
	json_set_u64(o, "running", a.running);
	json_set_u64(o, "failed", outcome[OUTCOME_FAILED]);
	json_set_u64(o, "other", outcome[OUTCOME_OTHER]);
	json_set_u64(o, "survived", outcome[OUTCOME_SURVIVED]);
	json_set_u64(o, "stopped", outcome[OUTCOME_STOPPED]);
	json_set_u64(o, "infra", outcome[OUTCOME_INFRA]);
	json_set_double(o, "soaked_s", a.expo.total_time);
	json_set_double(o, "mttf_s", a.expo.mttf);
	json_set_double(o, "mttf_lo_s", a.expo.n_event ? a.mttf_ci.lo : a.mttf_above);
	json_set_double(o, "mttf_hi_s", a.mttf_ci.hi);
	return o;
}

void events_progress(struct events *e, const struct campaign *c, const struct live *live,
		     uint64_t now_ns, uint64_t elapsed_ns, const char *how)
{
	json_t *o, *arms;

	if (!e)
		return;
	o = json_object();
	arms = json_array();
	json_set_u64(o, "elapsed_ns", elapsed_ns);
	json_set_double(o, "share", live_share(live));
	json_set_double(o, "left_s", live_left_s(live, elapsed_ns));
	json_set_str(o, "how", how);
	for (size_t i = 0; i < c->scenario.n_arms; i++)
		json_array_append_new(arms, standing(c, live, i, now_ns));
	json_object_set_new(o, "arms", arms);
	events_put(e, "progress", o);
}

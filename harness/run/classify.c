/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/classify.h"

#include <math.h>
#include <stdio.h>

bool classify_ends_trial(const struct target *t, const struct sighting *s)
{
	bool survived = crash_is(s->class, "warning") && s->severity < SEVERITY_FATAL;

	if (s->ignored[0])
		return false;
	if (target_matches(t, s))
		return target_lasted(t, s);
	return s->panicked || (s->severity >= SEVERITY_CRASH && !survived);
}

/*
 * What an ending without a report on the console is called, and what it makes of a soak that had
 * begun. A soak lost to the host is censored at its last sign of life, not excluded: long lives
 * meet more host faults than short ones, so throwing those trials away would bend MTTF short.
 *
 * The console is listened to for a while where it may yet say why: a load that ends may be the echo
 * of an oops whose first line is still on its way.
 */
static const struct {
	enum crash_class class; /* CRASH_NONE: no failure of the guest's */
	enum outcome outcome;   /* then this one */
	bool words_may_follow;
	const char *title;
} endings[ENDING_COUNT] = {
	[ENDING_CRASH] = { CRASH_NONE, OUTCOME_INFRA, true,
			   "a crash that could not be read again" },
	[ENDING_HORIZON] = { CRASH_NONE, OUTCOME_SURVIVED, false, "survived to the horizon" },
	[ENDING_STOP] = { CRASH_NONE, OUTCOME_STOPPED, false, "stopped by us" },
	[ENDING_LOST] = { CRASH_NONE, OUTCOME_STOPPED, false,
			  "the trial's process was lost; censored at its last sign of life" },
	[ENDING_NO_BOOT] = { CRASH_NONE, OUTCOME_INFRA, false, "the guest did not boot in time" },
	[ENDING_NO_SETTLE] = { CRASH_NONE, OUTCOME_INFRA, false,
			       "the loads were not ready in time" },
	[ENDING_GUEST_ERROR] = { CRASH_NONE, OUTCOME_STOPPED, true,
				 "the guest could not do its job" },
	[ENDING_HEARTBEAT] = { CRASH_HEARTBEAT_LOST, OUTCOME_OTHER, true, "heartbeat lost" },
	[ENDING_SILENCE] = { CRASH_SILENCE, OUTCOME_OTHER, true, "silence on console and agent" },
	[ENDING_PROGRESS] = { CRASH_NO_PROGRESS, OUTCOME_OTHER, true, "no progress" },
	[ENDING_RESET] = { CRASH_GUEST_RESET, OUTCOME_OTHER, true, "guest reset without a report" },
	[ENDING_HOST] = { CRASH_NONE, OUTCOME_STOPPED, false, "the host failed" },
	[ENDING_PROBE] = { CRASH_PROBE_OVERDUE, OUTCOME_OTHER, true, "probe overdue" },
	[ENDING_BOOT] = { CRASH_NONE, OUTCOME_INFRA, false,
			  "boot errors that could not be read again" },
	[ENDING_FSYNC] = { CRASH_HEARTBEAT_LOST, OUTCOME_OTHER, true,
			   "heartbeat lost: no fsync comes through" },
	[ENDING_ANSWER] = { CRASH_NO_ANSWER, OUTCOME_OTHER, true,
			    "alive, and every request fails" },
	[ENDING_ENOUGH] = { CRASH_NONE, OUTCOME_STOPPED, false, "enough was seen of it" },
	[ENDING_UNARMED] = { CRASH_NONE, OUTCOME_INFRA, true,
			     "what was to be planted could not be armed" },
};

bool classify_words_may_follow(enum ending ending)
{
	return endings[ending].words_may_follow;
}

static void say_reason(struct verdict *v, const char *what, const char *detail)
{
	snprintf(v->reason, sizeof(v->reason), "%.*s%s%.*s", TITLE_LEN, what, detail[0] ? ": " : "",
		 (int)sizeof(v->reason) - TITLE_LEN - 4, detail);
}

static uint64_t since(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns > from_ns ? to_ns - from_ns : 0;
}

/* When it had happened, at the latest that we know of: the guest's last sign of the life that was
 * missed. A guest whose loads hang goes on beating until the limit has passed. */
static uint64_t failed_at(const struct facts *f)
{
	uint64_t last = f->last_beat_ns;

	if (f->ending == ENDING_RESET)
		return f->end_ns;
	if (f->ending == ENDING_PROBE)
		last = f->probe_ns;
	else if (f->ending == ENDING_PROGRESS)
		last = f->last_progress_ns;
	else if (f->ending == ENDING_FSYNC)
		last = f->last_sync_ns;
	else if (f->ending == ENDING_ANSWER)
		last = f->last_answer_ns;
	return MAX(last, f->soak_ns);
}

/* A failure that no console line names is a sighting of its own. */
static struct sighting synthetic(const struct facts *f)
{
	struct sighting s = {
		.class = endings[f->ending].class,
		.guest_s = NAN,
		.at_ns = failed_at(f),
	};
	const char *word =
		f->ending == ENDING_FSYNC ? "heartbeat-lost-fsync" : crash_info(s.class)->name;

	s.last_ns = s.at_ns;
	s.severity = crash_info(s.class)->severity;
	snprintf(s.title, sizeof(s.title), "%s%s%s", endings[f->ending].title,
		 f->ending == ENDING_PROBE ? ": " : "", f->ending == ENDING_PROBE ? f->probe : "");
	snprintf(s.id, sizeof(s.id), "k1:%.20s", word);
	snprintf(s.id_fine, sizeof(s.id_fine), "k2:%.20s", word);
	if (f->ending == ENDING_PROBE) { /* a sync that hangs is no netns-add that does */
		snprintf(s.id, sizeof(s.id), "k1:probe-%.14s", f->probe);
		snprintf(s.id_fine, sizeof(s.id_fine), "k2:probe-%.14s", f->probe);
	}
	return s;
}

static bool in_the_soak(const struct facts *f)
{
	return f->soak_ns && !(f->has_sighting && f->sighting.at_ns < f->soak_ns);
}

/* What the scenario counts as a life, which may begin after the soak. */
static uint64_t exposure(const struct facts *f, uint64_t until_ns)
{
	return f->exposed_ns ? since(f->exposed_ns, until_ns) : 0;
}

/*
 * A crash before its exposure began stays a failure, of a life of no length. To leave it out would
 * be right only if it could not belong to what is looked for: but samples come once a second, so
 * that the quickest deaths of reclaim are among these, and a kernel must not look the better for
 * them. The verdict says so, and the report counts them.
 */
static void say_if_before(const struct spec *spec, const struct facts *f, const struct sighting *s,
			  struct verdict *v)
{
	size_t n = strlen(v->reason);

	v->before_exposure = !f->exposed_ns || s->at_ns < f->exposed_ns;
	if (!in_the_soak(f))
		snprintf(v->reason + n, sizeof(v->reason) - n, ", before the soak");
	else if (v->before_exposure)
		snprintf(v->reason + n, sizeof(v->reason) - n,
			 ", before the exposure began (exposure.starts: %s)",
			 exposure_starts[spec->settings.exposure_starts]);
}

static void failed(const struct spec *spec, const struct facts *f, const struct sighting *s,
		   struct verdict *v)
{
	v->has_sighting = true;
	v->sighting = *s;
	v->outcome = target_matches(&spec->settings.target, s) ? OUTCOME_FAILED : OUTCOME_OTHER;
	v->exposure_ns = exposure(f, s->at_ns);
	say_reason(v, s->title, f->ending == ENDING_CRASH ? "" : f->detail);
	say_if_before(spec, f, s, v);
}

static void not_failed(const struct spec *spec, const struct facts *f, struct verdict *v)
{
	bool blind = f->ending == ENDING_LOST || f->ending == ENDING_HOST;
	uint64_t until = blind ? f->last_beat_ns : f->end_ns;

	v->outcome = endings[f->ending].outcome;
	v->exposure_ns = exposure(f, until);
	say_reason(v, endings[f->ending].title, f->detail);
	if (v->outcome == OUTCOME_SURVIVED && (isnan(f->work) || f->work <= 0)) {
		v->outcome = OUTCOME_INFRA;
		say_reason(v, "the load made no progress: nothing was tested", "");
	} else if (v->outcome == OUTCOME_SURVIVED && !f->exposed_ns) {
		v->outcome = OUTCOME_INFRA;
		say_reason(v, "the exposure never began: nothing was tested",
			   exposure_starts[spec->settings.exposure_starts]);
	}
}

/* Whatever ends before the soak began says nothing about the kernel under this load. */
static void never_soaked(const struct facts *f, struct verdict *v)
{
	v->outcome = f->ending == ENDING_STOP || f->ending == ENDING_ENOUGH ? OUTCOME_STOPPED
									    : OUTCOME_INFRA;
	v->exposure_ns = 0;
	v->exposure_work = NAN;
	if (f->has_sighting) {
		v->has_sighting = true;
		v->sighting = f->sighting;
		say_reason(v, "crashed before the soak", f->sighting.title);
	} else {
		say_reason(v, endings[f->ending].title, f->detail);
	}
}

void classify(const struct spec *spec, const struct facts *f, struct verdict *v)
{
	v->step = f->step;
	v->n_sightings = f->n_sightings;
	v->findings = f->findings;
	v->exposure_work = f->exposed_ns ? f->work - f->work_before : NAN;
	v->exposure_starts = spec->settings.exposure_starts;
	v->exposure_wait_ns = f->exposed_ns ? since(f->soak_ns, f->exposed_ns) : TIME_NEVER;
	v->before_exposure = false;
	v->boot_ns = f->hello_ns ? since(f->spawn_ns, f->hello_ns) : 0;
	v->settle_ns = f->soak_ns ? since(f->hello_ns, f->soak_ns) : 0;
	v->has_sighting = false;
	v->enough = f->ending == ENDING_ENOUGH;
	if (!in_the_soak(f) && !(f->has_sighting && boot_errors_count(&spec->settings.boot))) {
		never_soaked(f, v);
	} else if (f->has_sighting) {
		failed(spec, f, &f->sighting, v);
	} else if (endings[f->ending].class != CRASH_NONE) {
		struct sighting s = synthetic(f);

		failed(spec, f, &s, v);
	} else {
		not_failed(spec, f, v);
	}
}

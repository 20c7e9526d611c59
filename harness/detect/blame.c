/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verdict over a collected report: who is to blame, what it is called, how much of it arrived.
 */
#include <ctype.h>

#include "detect/crashid.h"
#include "detect/oops.h"
#include "detect/quote.h"

/* The first frame in [from, n) that is reliable and to blame, or NULL. */
static const struct frame *blame(const struct oops *o, unsigned from, unsigned skip)
{
	for (unsigned i = from; i < o->n_frames; i++)
		if (o->frame[i].reliable && !frame_skipped(&o->frame[i], skip))
			return &o->frame[i];
	return NULL;
}

/*
 * The first frame to blame of those marked `?`, where all are and must be (SIG_HEARSAY). Elsewhere
 * such a stack holds what earlier calls left there, and blames the innocent.
 */
static const struct frame *hearsay(const struct oops *o, unsigned skip)
{
	const struct frame *ret = NULL;

	for (unsigned i = 0; (o->sig->flags & SIG_HEARSAY) && i < o->n_frames; i++) {
		const struct frame *f = &o->frame[i];

		if (f->reliable)
			return NULL;
		if (!ret && !frames_padding(f) &&
		    !frame_skipped(f, skip | SKIP_INTERRUPT | SKIP_IRQ))
			ret = f;
	}
	return ret;
}

/* Where the stall's own report ends in the first trace: behind the timer interrupt it was found in.
 */
static unsigned stalled_from(const struct oops *o)
{
	bool reported = false, inside = false;

	for (unsigned i = 0; i < o->n_frames && o->trace[i] == o->trace[0]; i++) {
		const char *function = o->frame[i].function;

		reported |= frames_skipped(function, SKIP_STALL);
		if (reported && frames_skipped(function, SKIP_INTERRUPT))
			inside = true;
		else if (inside && o->frame[i].reliable)
			return i;
	}
	return 0;
}

static bool waits_for_cpu(const char *function)
{
	return str_after(function + strspn(function, "_"), "smp_call_function");
}

/*
 * What the dispatcher nearest to the leaf had called; itself, where it was busy on its own. A CPU
 * that waits for another comes before that.
 */
static const struct frame *anchor(const struct oops *o, unsigned from)
{
	unsigned skip = oops_innocent(o) | SKIP_IRQ | SKIP_INTERRUPT;
	const struct frame *last = NULL;

	for (unsigned i = from; i < o->n_frames; i++) {
		const struct frame *f = &o->frame[i];
		bool works = f->reliable && !frame_skipped(f, skip);

		if (!f->reliable)
			continue;
		if (waits_for_cpu(f->function))
			return f;
		if (frames_dispatches(f->function) && (last || works))
			return last ? last : f;
		if (works)
			last = f;
	}
	/* arm names its root only as the caller of the last frame */
	return last && frames_canonical(last->function) != last->function ? last : NULL;
}

/* The function that the header names, unless it is one of `skip`. */
static const struct frame *header_blame(const struct oops *o, unsigned skip)
{
	const struct frame *f = &o->header;

	return f->function[0] && !frame_skipped(f, skip) ? f : NULL;
}

/* What the row's recipe says first. */
static const struct frame *by_recipe(const struct oops *o, unsigned skip)
{
	switch (o->sig->stack) {
	case STACK_NONE:
	case STACK_ORDER: break;
	case STACK_NAME:
	case STACK_HEADER: return header_blame(o, skip);
	case STACK_STALL: return blame(o, stalled_from(o), skip | SKIP_IRQ | SKIP_INTERRUPT);
	case STACK_PC:
	case STACK_OWNER:
	case STACK_TRACE:
		if (o->at.function[0] && !frame_skipped(&o->at, skip))
			return &o->at;
		break;
	}
	return NULL;
}

/*
 * Where the recipe finds nothing: anybody on the trace; who called what was not there; whom the
 * header names. A lone frame of a trace that lost its other lines says nothing.
 */
static const struct frame *by_rest(const struct oops *o, unsigned skip)
{
	bool lone = o->cut_short && o->n_calls == 1 && o->n_frames == 1;
	unsigned never = SKIP_REPORT | (skip & SKIP_URB);
	const struct frame *f = lone ? NULL : blame(o, 0, skip);

	if (!f && o->pc_bad && o->link.function[0])
		f = &o->link;
	if (!f && o->n_calls > 1)
		f = blame(o, 0, never);
	if (!f && o->n_frames > 0 && o->n_calls == 0)
		f = blame(o, 0, never | SKIP_LIB | SKIP_LOCK);
	if (!f)
		f = header_blame(o, never | SKIP_LIB | SKIP_LOCK);
	if (!f && !lone)
		f = hearsay(o, skip);
	if (!f && o->sig->stack == STACK_HEADER)
		f = header_blame(o, never);
	return !f && o->at.function[0] ? &o->at : f;
}

/*
 * Of a hung task: what it waits in line for, as others do, for that says more than who; who called
 * what only waits for its caller; else who waits. The traces that follow are other tasks'.
 */
static const struct frame *hung(const struct oops *o, unsigned skip)
{
	const struct frame *f, *who = NULL, *sleeper = NULL;

	for (f = o->frame; f < o->frame + o->n_frames; f++) {
		if (o->trace[f - o->frame] != o->trace[0])
			break;
		if (!f->reliable)
			continue;
		if (frame_skipped(f, SKIP_QUEUE))
			return f;
		if (!who && !frame_skipped(f, skip))
			who = f;
		if (!frame_skipped(f, skip & ~SKIP_SLEEPER))
			sleeper = f;
	}
	return who ? who : sleeper;
}

static const struct frame *guilty(const struct oops *o)
{
	unsigned skip = oops_innocent(o);
	const struct frame *f;

	if (o->sig->stack == STACK_NONE)
		return NULL;
	if (o->intermixed) /* whose frames are whose? */
		return header_blame(o, skip);
	f = skip & SKIP_SLEEPER ? hung(o, skip) : NULL;
	if (!f)
		f = by_recipe(o, skip);
	return f ? f : by_rest(o, skip);
}

/*
 * The function in the title. Where a stalled CPU was in its loop when the watchdog looked is
 * chance: what a dispatcher had called is not. One that waits for another CPU is itself innocent.
 */
static const char *named(const struct oops *o)
{
	if (o->s.class == CRASH_HUNG_TASK &&
	    str_after(o->s.function + strspn(o->s.function, "_"), "synchronize_"))
		return "synchronize_rcu";
	if (o->sig->stack != STACK_STALL)
		return frames_canonical(o->s.function);
	if (waits_for_cpu(o->s.function) || waits_for_cpu(o->s.anchor))
		return "smp_call_function";
	return frames_canonical(o->s.anchor[0] ? o->s.anchor : o->s.function);
}

static const char *expand(const struct oops *o, const char *hole)
{
	if (str_after(hole, "{fn}"))
		return o->s.function[0] ? named(o) : "corrupted";
	if (str_after(hole, "{rw}"))
		return o->rw;
	return hole[1] >= '1' && hole[1] <= '4' ? o->capture[hole[1] - '0'] : "";
}

static void title(struct oops *o)
{
	const char *t = !o->s.function[0] && o->sig->bare ? o->sig->bare : o->sig->title;
	size_t n = 0;

	while (*t && n + 1 < TITLE_LEN) {
		if (*t == '{') {
			const char *s = expand(o, t);

			if (t[1] == 'q' || t[1] == 'l')
				quote_append(o->s.title, &n, o->capture[t[1] == 'q']);
			else
				while (*s && n + 1 < TITLE_LEN)
					o->s.title[n++] = *s++;
			t = strchr(t, '}') + 1;
			if (n > 0 && o->s.title[n - 1] == ' ' && *t == ' ')
				t++;
		} else {
			o->s.title[n++] = *t++;
		}
	}
	o->s.title[n] = '\0';
}

/* Does the trace show more than the report's own machinery? */
static bool has_trace(const struct oops *o)
{
	return o->end_trace || o->at.function[0] || (o->n_calls > 1 && o->s.top[0]);
}

static enum integrity integrity(const struct oops *o)
{
	if (o->intermixed)
		return INTEGRITY_INTERMIXED;
	if (o->lost)
		return INTEGRITY_TRUNCATED;
	if (o->sig->stack == STACK_NONE || o->sig->stack == STACK_NAME)
		return INTEGRITY_COMPLETE;
	if (o->n_lines == 1)
		return INTEGRITY_HEADER_ONLY;
	if (!has_trace(o) || !o->s.function[0])
		return o->cut_short ? INTEGRITY_TRUNCATED : INTEGRITY_NO_STACK;
	return INTEGRITY_COMPLETE;
}

static void set_function(char dst[FUNCTION_LEN], const struct frame *f)
{
	memcpy(dst, f ? f->function : "", f ? FUNCTION_LEN : 1);
}

void oops_close(struct oops *o)
{
	const struct frame *f = guilty(o), *top;

	set_function(o->s.function, f);
	if (f)
		memcpy(o->s.module, f->module, MODULE_LEN);
	top = blame(o, 0, SKIP_REPORT | SKIP_ENTRY);
	set_function(o->s.top, top ? top : hearsay(o, SKIP_REPORT | SKIP_ENTRY));
	set_function(o->s.anchor, anchor(o, stalled_from(o)));
	o->s.n_frames = MIN(o->n_frames, (unsigned)SIGHTING_FRAMES);
	memcpy(o->s.frame, o->frame, o->s.n_frames * sizeof(*o->frame));
	o->s.integrity = integrity(o);
	title(o);
	crashid_set(&o->s);
}

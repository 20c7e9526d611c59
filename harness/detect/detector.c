/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/detector.h"

#include <math.h>
#include <stdio.h>

#include "base/buf.h"
#include "detect/known.h"
#include "detect/lines.h"
#include "detect/oops.h"
#include "detect/rules.h"

enum {
	OPEN_MAX = 2,    /* reports at once: two CPUs that fail together */
	DUMP_LINES = 10, /* how long a dump that is no report may take to get to its stack */
	CUT_LINES = 6,   /* how soon after "cut here" a header must follow */
	QUIET_S = 5,     /* a report that says nothing for so long is over */
	MIX_LINES =
		40, /* a header so soon after another, before any trace, is in the midst of it */
	BLOCK = 16 << 10, /* that the fast lane looks at in one go */
	BLOCK_MIN = 512,
	SLOW_MIN = 64, /* bytes that are cut into lines before the fast lane is tried again */
};

/* A report that is being collected. */
struct slot {
	struct oops *o;
	uint64_t at_ns; /* of its last line */
	bool announced;
	uint64_t serial; /* once announced */
};

/* "------------[ cut here ]------------": the incident began there, whatever header follows. */
struct cut {
	uint64_t offset, at_ns;
	double guest_s;
	unsigned lines_left;
};

struct detector {
	sighting_fn fn;
	void *arg;
	const struct rules *rules;
	struct rules *own; /* where they are this detector's */
	uint64_t at_ns;    /* of the bytes being fed */
	uint64_t next_serial;
	struct slot slot[OPEN_MAX]; /* in order of opening */
	unsigned n_open;
	struct known known;
	struct cut cut;
	unsigned dump_lines; /* so many more lines may belong to a stack dump that is no report */
	bool booted;         /* a kernel's banner was seen */
	struct lines lines;
};

static void announce(struct detector *d, struct slot *slot)
{
	if (slot->announced || slot->o->s.severity == SEVERITY_NOISE)
		return;
	slot->announced = true;
	slot->serial = d->next_serial++;
	d->fn(d->arg, SIGHTING_OPENED, slot->serial, &slot->o->s);
}

/* One more of a kind that has been told: counted there. */
static void repeat(struct detector *d, int known, const struct sighting *s)
{
	struct sighting k;
	uint64_t serial = known_get(&d->known, known, &k);

	k.repeats++;
	k.last_ns = s->last_ns;
	k.panicked |= s->panicked;
	known_update(&d->known, known, &k);
	d->fn(d->arg, SIGHTING_AGAIN, serial, &k);
}

/* What stopped the kernel is never ignored. */
static void set_ignored(const struct detector *d, struct sighting *s)
{
	const char *by = s->panicked ? NULL : rules_ignored_by(d->rules, s);

	if (by)
		snprintf(s->ignored, sizeof(s->ignored), "%s", by);
}

/* May its first line be told? A repeat, and what may be ignored, only shows in the whole report. */
static bool may_announce(const struct detector *d, const struct signature *sig)
{
	return !known_class(&d->known, sig->class) && !rules_may_ignore(d->rules, sig);
}

static void deliver(struct detector *d, struct slot *slot)
{
	struct oops *o = slot->o;
	int known;

	if (!slot->announced && (o->sig->flags & SIG_NEEDS_STACK) && !oops_has_stack(o))
		return;
	oops_close(o);
	set_ignored(d, &o->s);
	known = slot->announced ? -1 : known_find(&d->known, &o->s);
	if (known >= 0) {
		repeat(d, known, &o->s);
	} else if (o->s.severity != SEVERITY_NOISE) {
		announce(d, slot);
		known_add(&d->known, slot->serial, &o->s);
		d->fn(d->arg, SIGHTING_CLOSED, slot->serial, &o->s);
	}
}

static void close_slot(struct detector *d, unsigned i)
{
	struct slot slot = d->slot[i];

	memmove(&d->slot[i], &d->slot[i + 1], (d->n_open - i - 1) * sizeof(slot));
	d->n_open--;
	deliver(d, &slot);
	free(slot.o);
}

/* An exception, a BUG and a warning announce one another; a file system's errors come in rows. */
static bool related(enum crash_class a, enum crash_class b)
{
	bool fs = crash_is(a, "fs");

	return fs == crash_is(b, "fs");
}

/*
 * Which open report does a line belong to: its caller's, where printk says who speaks. The
 * backtraces of a stall come from the CPUs they are of. -1: none.
 */
static int owner(const struct detector *d, const struct kmsg *k)
{
	for (unsigned i = d->n_open; i-- > 0;)
		if (k->caller[0] && str_eq(d->slot[i].o->caller, k->caller))
			return (int)i;
	for (unsigned i = d->n_open; i-- > 0;) {
		const struct oops *o = d->slot[i].o;

		if (!k->caller[0] || !o->caller[0] || o->sig->stack == STACK_STALL)
			return (int)i;
	}
	return -1;
}

/* Does a line that could open a report belong to this one? */
static bool continues(const struct oops *o, const struct signature *sig)
{
	if (sig->flags & SIG_NEEDS_STACK)
		return true;
	if (o->s.severity < SEVERITY_CRASH)
		return false;
	if (sig->flags & SIG_PANIC)
		return true;
	if (sig == o->sig && o->expanded && o->n_calls == 0)
		return true;
	return (sig->flags & SIG_BODY) && sig != o->sig && o->n_calls == 0 &&
	       related(sig->class, o->s.class);
}

/* Two CPUs print into one another, and nothing says whose line is whose: the first header stands.
 */
static bool mixed(const struct oops *o, const struct signature *sig)
{
	return o->sig->stack != STACK_NONE && o->n_calls == 0 &&
	       !(o->sig->flags & SIG_NEEDS_STACK) && o->n_lines < MIX_LINES &&
	       sig->class != o->s.class && o->s.severity >= SEVERITY_CRASH &&
	       signature_severity(sig) >= SEVERITY_CRASH;
}

static void open_report(struct detector *d, const struct signature *sig, const struct captures *c,
			const struct kmsg *k, const struct line *l)
{
	struct oops *o = xmalloc(sizeof(*o));
	struct slot *slot;

	if (d->n_open == OPEN_MAX)
		close_slot(d, 0);
	slot = &d->slot[d->n_open++];
	*slot = (struct slot){ .o = o, .at_ns = d->at_ns };
	oops_open(o, sig, c, k);
	o->intermixed = d->dump_lines > 0 && !k->caller[0];
	o->s.offset = l->offset;
	o->s.end = l->end;
	o->s.at_ns = o->s.last_ns = d->at_ns;
	if (d->cut.lines_left > 0) {
		o->s.offset = d->cut.offset;
		o->s.at_ns = d->cut.at_ns;
		o->s.guest_s = d->cut.guest_s;
		d->cut.lines_left = 0;
	}
	if (!(sig->flags & SIG_NEEDS_STACK) && may_announce(d, sig))
		announce(d, slot);
}

/* A panic after its report was closed: softlockup_panic prints first and panics later. */
static bool late_panic(struct detector *d, const struct signature *sig)
{
	int known = sig->flags & SIG_SECOND ? known_last_crash(&d->known) : -1;
	struct sighting s;
	uint64_t serial;

	if (known < 0)
		return false;
	serial = known_get(&d->known, known, &s);
	if (!s.panicked) {
		s.panicked = true;
		s.ignored[0] = '\0';
		known_update(&d->known, known, &s);
		d->fn(d->arg, SIGHTING_AGAIN, serial, &s);
	}
	return true;
}

static void take_line(struct detector *d, int i, const struct kmsg *k, const struct line *l)
{
	struct slot *slot = &d->slot[i];
	struct oops *o = slot->o;

	switch (oops_take(o, k)) {
	case OOPS_MINE:
		o->s.end = l->end;
		o->s.last_ns = slot->at_ns = d->at_ns;
		if ((o->sig->flags & SIG_NEEDS_STACK) && oops_has_stack(o) &&
		    may_announce(d, o->sig))
			announce(d, slot);
		break;
	case OOPS_FOREIGN: break;
	case OOPS_OVER: close_slot(d, (unsigned)i); break;
	}
}

/* A line of nobody's: all that are open grow older by it. */
static void stray_line(struct detector *d, const struct kmsg *k)
{
	for (unsigned i = d->n_open; i-- > 0;)
		if (oops_stray(d->slot[i].o, k) == OOPS_OVER)
			close_slot(d, i);
}

static void panic_line(struct detector *d, int i)
{
	for (unsigned j = 0; j < d->n_open; j++)
		oops_panic(d->slot[j].o, (int)j == i);
}

/* A note without a stack: told at once, and nothing that is open minds. */
static void note(struct detector *d, const struct signature *sig, const struct captures *c,
		 const struct kmsg *k, const struct line *l)
{
	struct slot slot = { .o = xmalloc(sizeof(*slot.o)), .at_ns = d->at_ns };

	oops_open(slot.o, sig, c, k);
	slot.o->s.offset = l->offset;
	slot.o->s.end = l->end;
	slot.o->s.at_ns = slot.o->s.last_ns = d->at_ns;
	deliver(d, &slot);
	free(slot.o);
}

static bool is_note(const struct signature *sig)
{
	return sig->stack == STACK_NONE &&
	       (signature_severity(sig) < SEVERITY_CRASH || (sig->flags & SIG_ALONE));
}

static bool is_event(struct detector *d, const struct signature *sig, const struct kmsg *k)
{
	if (sig->flags & SIG_DUMP)
		d->dump_lines = DUMP_LINES;
	if ((sig->flags & SIG_USER) && k->stamped)
		return false;
	if ((sig->flags & SIG_ONCE) && !d->booted) {
		d->booted = true;
		return false;
	}
	return sig->class != CRASH_NONE;
}

static void header_line(struct detector *d, const struct signature *sig, const struct captures *c,
			const struct kmsg *k, const struct line *l)
{
	int i = owner(d, k);
	struct oops *o = i >= 0 ? d->slot[i].o : NULL;

	if (!is_event(d, sig, k))
		return;
	if (is_note(sig)) {
		note(d, sig, c, k, l);
		return;
	}
	if (o && continues(o, sig)) {
		take_line(d, i, k, l);
		if (sig->flags & SIG_PANIC)
			panic_line(d, owner(d, k));
		return;
	}
	if (o && mixed(o, sig)) {
		o->intermixed = !k->caller[0]; /* else it is the report itself that died */
		take_line(d, i, k, l);
		return;
	}
	if (!o && late_panic(d, sig))
		return;
	if (o)
		close_slot(d, (unsigned)i);
	open_report(d, sig, c, k, l);
	if (sig->flags & SIG_PANIC)
		panic_line(d, (int)d->n_open - 1);
}

static void body_line(struct detector *d, const struct kmsg *k, const struct line *l)
{
	int i = owner(d, k);

	if (i >= 0)
		take_line(d, i, k, l);
	else
		stray_line(d, k);
}

static void on_line(void *arg, const struct line *l)
{
	struct detector *d = arg;
	const struct signature *sig = NULL;
	struct captures c;
	struct hits hits;
	struct kmsg k;
	bool hit = rules_hit(d->rules, l->text, l->len, &hits);

	if (!hit && d->n_open == 0) { /* nearly every line there is */
		d->cut.lines_left -= d->cut.lines_left > 0;
		d->dump_lines -= d->dump_lines > 0;
		return;
	}
	d->dump_lines -= d->dump_lines > 0;
	kmsg_parse(l->text, &k);
	if (hit)
		sig = rules_find(d->rules, &hits, k.text, &c);
	if (sig)
		header_line(d, sig, &c, &k, l);
	else if (d->n_open > 0)
		body_line(d, &k, l);
	if (rules_cut_here(d->rules, &hits) && strstr(k.text, RULES_CUT_HERE))
		d->cut = (struct cut){ l->offset, d->at_ns, k.guest_s, CUT_LINES };
	else if (d->cut.lines_left > 0)
		d->cut.lines_left--;
}

/* Does the scenario change anything? */
static bool has_own(const struct detection *own)
{
	return own && (own->add.n > 0 || own->ignore.n > 0 || own->severity.n > 0);
}

struct detector *detector_new_for(const struct detection *own, sighting_fn fn, void *arg,
				  struct err *err)
{
	struct detector *d = xcalloc(1, sizeof(*d));

	d->fn = fn;
	d->arg = arg;
	d->at_ns = TIME_NEVER;
	lines_init(&d->lines, on_line, d);
	if (has_own(own))
		d->rules = d->own = rules_new(own, err);
	else
		d->rules = rules_get(err);
	return d->rules ? d : detector_free(d);
}

struct detector *detector_new(sighting_fn fn, void *arg, struct err *err)
{
	return detector_new_for(NULL, fn, arg, err);
}

struct detector *detector_free(struct detector *d)
{
	if (d) {
		for (unsigned i = 0; i < d->n_open; i++)
			free(d->slot[i].o);
		known_done(&d->known);
		rules_free(d->own);
		free(d);
	}
	return NULL;
}

/*
 * The fast lane: while nothing is going on, whole lines in which no literal of the table occurs are
 * not even cut into lines. Returns how many bytes it took.
 */
static size_t skip_benign(struct detector *d, const char *p, size_t n)
{
	const char *nl;

	if (d->n_open > 0 || d->cut.lines_left > 0 || d->dump_lines > 0 ||
	    !lines_at_start(&d->lines))
		return 0;
	nl = memrchr(p, '\n', rules_benign(d->rules, p, MIN(n, (size_t)BLOCK)));
	if (!nl)
		return 0;
	lines_skip(&d->lines, (size_t)(nl + 1 - p));
	return (size_t)(nl + 1 - p);
}

/* Up to the first line end behind `most` bytes: how many bytes that is. */
static size_t some_lines(const char *p, size_t n, size_t most)
{
	const char *nl = n > most ? memchr(p + most, '\n', n - most) : NULL;

	return nl ? (size_t)(nl + 1 - p) : n;
}

/*
 * What the fast lane does not take goes line by line: a little, and the more the more often it
 * refused, as trying has a price.
 */
void detector_feed(struct detector *d, const void *data, size_t n, uint64_t at_ns)
{
	const char *p = data;
	size_t slow = SLOW_MIN;

	d->at_ns = at_ns;
	while (n > 0) {
		size_t taken = n >= BLOCK_MIN ? skip_benign(d, p, n) : 0;

		if (taken > 0) {
			slow = SLOW_MIN;
		} else {
			taken = some_lines(p, n, slow);
			lines_feed(&d->lines, p, taken);
			slow = MIN(slow * 2, (size_t)BLOCK);
		}
		p += taken;
		n -= taken;
	}
}

void detector_tick(struct detector *d, uint64_t now_ns)
{
	for (unsigned i = d->n_open; i-- > 0;) {
		uint64_t at_ns = d->slot[i].at_ns;

		if (at_ns != TIME_NEVER && now_ns != TIME_NEVER && now_ns > at_ns &&
		    now_ns - at_ns > QUIET_S * NS_PER_S)
			close_slot(d, i);
	}
}

void detector_finish(struct detector *d)
{
	lines_finish(&d->lines);
	while (d->n_open > 0) {
		d->slot[0].o->cut_short = true;
		close_slot(d, 0);
	}
}

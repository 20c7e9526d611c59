/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/detector.h"

#include <math.h>

#include "base/buf.h"
#include "detect/lines.h"
#include "detect/match.h"
#include "detect/oops.h"

enum {
	KNOWN_MAX = 8, /* distinct sightings that repeats are folded into */
	CUT_LINES = 6, /* how soon after "cut here" a header must follow */
	QUIET_S = 5,   /* a report that says nothing for so long is over */
	ROWS_MAX = 512,
};

struct known {
	uint64_t serial;
	struct sighting s;
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
	struct matcher *matcher;
	unsigned literal_of[ROWS_MAX]; /* row -> its literal in the matcher */
	uint64_t at_ns, open_at_ns;    /* of the bytes being fed; of the open report's last line */
	uint64_t next_serial;
	struct oops *open; /* NULL: none */
	bool announced;    /* the open one was */
	uint64_t serial;   /* its, once announced */
	struct known *known[KNOWN_MAX];
	unsigned n_known;
	struct cut cut;
	bool booted; /* a kernel's banner was seen */
	struct lines lines;
};

static int compile(struct detector *d, struct err *err)
{
	const char *literal[LITERALS_MAX];
	const struct signature *sig;
	unsigned n = 0;

	for (size_t row = 0; (sig = signature_nth(row)); row++) {
		unsigned i = 0;

		while (i < n && !str_eq(literal[i], sig->literal))
			i++;
		if (i == n)
			literal[n++] = sig->literal;
		d->literal_of[row] = i;
	}
	d->matcher = matcher_new(literal, n, false, err);
	return d->matcher ? 0 : -1;
}

/* The last one known of a class that is a crash, or NULL. */
static struct known *last_crash(const struct detector *d)
{
	for (unsigned i = d->n_known; i-- > 0;)
		if (d->known[i]->s.severity >= SEVERITY_CRASH)
			return d->known[i];
	return NULL;
}

static bool class_known(const struct detector *d, enum crash_class class)
{
	for (unsigned i = 0; i < d->n_known; i++)
		if (d->known[i]->s.class == class)
			return true;
	return false;
}

static struct known *find_known(const struct detector *d, const struct sighting *s)
{
	for (unsigned i = 0; i < d->n_known; i++)
		if (d->known[i]->s.class == s->class && str_eq(d->known[i]->s.id, s->id))
			return d->known[i];
	return NULL;
}

/* Forgets the oldest but the first: the first cause is what the trial is about. */
static void remember(struct detector *d, uint64_t serial, const struct sighting *s)
{
	struct known *k;

	if (d->n_known == KNOWN_MAX) {
		k = d->known[1];
		memmove(&d->known[1], &d->known[2], (KNOWN_MAX - 2) * sizeof(*d->known));
		d->known[KNOWN_MAX - 1] = k;
	} else {
		k = d->known[d->n_known++] = xmalloc(sizeof(*k));
	}
	k->serial = serial;
	k->s = *s;
}

static void announce(struct detector *d)
{
	if (d->announced || d->open->s.severity == SEVERITY_NOISE)
		return;
	d->announced = true;
	d->serial = d->next_serial++;
	d->fn(d->arg, SIGHTING_OPENED, d->serial, &d->open->s);
}

static void close_report(struct detector *d)
{
	struct oops *o = TAKE(d->open, NULL);
	struct known *k;

	if (!o)
		return;
	if (!d->announced && (o->sig->flags & SIG_NEEDS_STACK) && !oops_has_stack(o)) {
		free(o);
		return;
	}
	oops_close(o);
	k = d->announced ? NULL : find_known(d, &o->s);
	if (k) {
		k->s.repeats++;
		k->s.last_ns = o->s.last_ns;
		k->s.panicked |= o->s.panicked;
		d->fn(d->arg, SIGHTING_AGAIN, k->serial, &k->s);
	} else if (o->s.severity != SEVERITY_NOISE) {
		d->open = o;
		announce(d);
		d->open = NULL;
		remember(d, d->serial, &o->s);
		d->fn(d->arg, SIGHTING_CLOSED, d->serial, &o->s);
	}
	free(o);
}

static bool has_any(const char *line, const char *words)
{
	char word[64];

	while (words && *words) {
		size_t n = strcspn(words, "|");

		if (n < sizeof(word)) {
			memcpy(word, words, n);
			word[n] = '\0';
			if (strstr(line, word))
				return true;
		}
		words += n + (words[n] == '|');
	}
	return false;
}

/* What subsystems put before their messages. */
static const char *skip_subsystem(const char *s)
{
	static const char *const words[] = {
		"watchdog: ",        "NMI ",       "rcu: ",  "traps: ", "mce: ",
		"workqueue: ",       "usercopy: ", "Oops: ", "BUG: ",   "[ ",
		"syzkaller login: ",
	};
	const char *rest;

	s += strspn(s, " \t");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if ((rest = str_after(s, words[i])))
			return skip_subsystem(rest);
	return s;
}

static bool starts(const char *text, const char *at)
{
	if (at == text + strspn(text, " \t"))
		return true;
	return at <= skip_subsystem(text);
}

static bool fits(const struct signature *sig, const struct kmsg *k, struct captures *c)
{
	memset(c, 0, sizeof(*c));
	if (has_any(k->text, sig->unless))
		return false;
	for (const char *at = k->text; (at = strstr(at, sig->literal)); at++) {
		if ((sig->flags & SIG_START) && !starts(k->text, at))
			return false;
		if (!sig->tail || pattern_match(sig->tail, at + strlen(sig->literal), c))
			return true;
	}
	return false;
}

static const struct signature *find_signature(struct detector *d, const struct line *l,
					      const struct kmsg *k, struct captures *c)
{
	const struct signature *sig;
	struct hits hits;

	if (!matcher_run(d->matcher, l->text, l->len, &hits))
		return NULL;
	for (size_t row = 0; (sig = signature_nth(row)); row++)
		if (hits_has(&hits, d->literal_of[row]) && fits(sig, k, c))
			return sig;
	return NULL;
}

/* An exception, a BUG and a warning announce one another; a file system's errors come in rows. */
static bool related(enum crash_class a, enum crash_class b)
{
	bool fs = crash_is(a, "fs");

	return fs == crash_is(b, "fs");
}

/* Does a line that could open a report belong to the open one? */
static bool continues(const struct detector *d, const struct signature *sig)
{
	const struct oops *o = d->open;

	if (!o || o->s.severity < SEVERITY_CRASH)
		return false;
	if (sig->flags & SIG_PANIC)
		return true;
	return (sig->flags & SIG_BODY) && sig != o->sig && !oops_has_stack(o) &&
	       related(sig->class, o->s.class);
}

static void open_report(struct detector *d, const struct signature *sig, const struct captures *c,
			const struct kmsg *k, const struct line *l)
{
	struct oops *o;

	close_report(d);
	o = d->open = xmalloc(sizeof(*o));
	oops_open(o, sig, c, k);
	o->s.offset = l->offset;
	o->s.end = l->end;
	o->s.at_ns = o->s.last_ns = d->at_ns;
	if (d->cut.lines_left > 0) {
		o->s.offset = d->cut.offset;
		o->s.at_ns = d->cut.at_ns;
		o->s.guest_s = d->cut.guest_s;
		d->cut.lines_left = 0;
	}
	d->announced = false;
	if (!(sig->flags & SIG_NEEDS_STACK) && !class_known(d, sig->class))
		announce(d);
}

/* A panic after its report was closed: softlockup_panic prints first and panics later. */
static bool late_panic(struct detector *d, const struct signature *sig)
{
	struct known *k = sig->flags & SIG_SECOND ? last_crash(d) : NULL;

	if (!k)
		return false;
	if (!k->s.panicked) {
		k->s.panicked = true;
		d->fn(d->arg, SIGHTING_AGAIN, k->serial, &k->s);
	}
	return true;
}

static void take_line(struct detector *d, const struct kmsg *k, const struct line *l)
{
	switch (oops_take(d->open, k)) {
	case OOPS_MINE:
		d->open->s.end = l->end;
		d->open->s.last_ns = d->at_ns;
		d->open_at_ns = d->at_ns;
		if ((d->open->sig->flags & SIG_NEEDS_STACK) && oops_has_stack(d->open) &&
		    !class_known(d, d->open->s.class))
			announce(d);
		break;
	case OOPS_FOREIGN: break;
	case OOPS_OVER: close_report(d); break;
	}
}

static void header_line(struct detector *d, const struct signature *sig, const struct captures *c,
			const struct kmsg *k, const struct line *l)
{
	if (sig->class == CRASH_NONE)
		return;
	if ((sig->flags & SIG_ONCE) && !d->booted) {
		d->booted = true;
		return;
	}
	if (continues(d, sig)) {
		take_line(d, k, l);
		if (d->open && (sig->flags & SIG_PANIC))
			oops_panic(d->open);
		return;
	}
	if (!d->open && late_panic(d, sig))
		return;
	d->open_at_ns = d->at_ns;
	open_report(d, sig, c, k, l);
}

static void on_line(void *arg, const struct line *l)
{
	struct detector *d = arg;
	const struct signature *sig;
	struct captures c;
	struct kmsg k;

	kmsg_parse(l->text, &k);
	sig = find_signature(d, l, &k, &c);
	if (sig)
		header_line(d, sig, &c, &k, l);
	else if (d->open)
		take_line(d, &k, l);
	if (strstr(k.text, "[ cut here ]"))
		d->cut = (struct cut){ l->offset, d->at_ns, k.guest_s, CUT_LINES };
	else if (d->cut.lines_left > 0)
		d->cut.lines_left--;
}

struct detector *detector_new(sighting_fn fn, void *arg, struct err *err)
{
	struct detector *d = xcalloc(1, sizeof(*d));

	d->fn = fn;
	d->arg = arg;
	d->at_ns = TIME_NEVER;
	lines_init(&d->lines, on_line, d);
	return compile(d, err) < 0 ? detector_free(d) : d;
}

struct detector *detector_free(struct detector *d)
{
	if (d) {
		for (unsigned i = 0; i < d->n_known; i++)
			free(d->known[i]);
		matcher_free(d->matcher);
		free(d->open);
		free(d);
	}
	return NULL;
}

void detector_feed(struct detector *d, const void *data, size_t n, uint64_t at_ns)
{
	d->at_ns = at_ns;
	lines_feed(&d->lines, data, n);
}

void detector_tick(struct detector *d, uint64_t now_ns)
{
	if (d->open && d->open_at_ns != TIME_NEVER && now_ns != TIME_NEVER &&
	    now_ns > d->open_at_ns && now_ns - d->open_at_ns > QUIET_S * NS_PER_S)
		close_report(d);
}

void detector_finish(struct detector *d)
{
	lines_finish(&d->lines);
	if (d->open)
		d->open->cut_short = true;
	close_report(d);
}

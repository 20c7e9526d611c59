/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A report of any lines. Two bytes choose the row whose header opens it, unless the first line is
 * one itself; a first byte of 1 to 3 makes a line a stray one, or a panic. The report stays
 * bounded, comes to an end, and closes to a sighting that is whole and survives JSON.
 */
#include <assert.h>
#include <ctype.h>
#include <math.h>

#include "detect/oops.h"
#include "detect/rules.h"
#include "fuzz.h"

enum { LINES_MAX = 2000, FOREIGN_MAX = 60 * 8 };

/* The row that fits the line; the captures point into it. */
static const struct signature *row_of(const char *line, struct kmsg *k, struct captures *c)
{
	const struct rules *rules = rules_get(NULL);
	struct hits hits;

	kmsg_parse(line, k);
	return rules_hit(rules, line, strlen(line), &hits) ? rules_find(rules, &hits, k->text, c)
							   : NULL;
}

static void open_report(struct oops *o, const char *line, unsigned row)
{
	const struct signature *sig;
	struct captures c;
	struct kmsg k;
	unsigned n = 0;

	while (signature_nth(n))
		n++;
	sig = row_of(line, &k, &c);
	for (; !sig || sig->class == CRASH_NONE; row++) {
		sig = row_of(signature_nth(row % n)->example, &k, &c);
		assert(sig);
	}
	oops_open(o, sig, &c, &k);
}

static void bounded(const struct oops *o)
{
	assert(o->n_frames <= STALL_FRAMES && o->n_lines <= LINES_MAX);
	assert(o->n_foreign <= FOREIGN_MAX + 8);
	for (unsigned i = 0; i < o->n_frames; i++) {
		assert(memchr(o->frame[i].function, '\0', FUNCTION_LEN));
		assert(memchr(o->frame[i].module, '\0', MODULE_LEN));
		assert(o->frame[i].function[0]);
	}
}

/* One line in a room of its own. */
static enum oops_line take(struct oops *o, const char *data, size_t n)
{
	_cleanup_free_
	char *line = xstrndup(data, n);
	enum oops_line r = OOPS_FOREIGN;
	struct kmsg k;

	switch (line[0]) {
	case '\1':
		kmsg_parse(line + 1, &k);
		r = oops_stray(o, &k);
		break;
	case '\2': oops_panic(o, true); break;
	case '\3': oops_panic(o, false); break;
	default: kmsg_parse(line, &k); r = oops_take(o, &k);
	}
	bounded(o);
	return r;
}

static bool is_id(const char *id, const char *prefix)
{
	return str_after(id, prefix) && strlen(id) == 3 + 16 &&
	       strspn(id + 3, "0123456789abcdef") == 16;
}

static void whole(const struct sighting *s)
{
	assert(memchr(s->title, '\0', TITLE_LEN) && s->title[0]);
	assert(memchr(s->function, '\0', FUNCTION_LEN) && memchr(s->module, '\0', MODULE_LEN));
	assert(memchr(s->top, '\0', FUNCTION_LEN) && memchr(s->anchor, '\0', FUNCTION_LEN));
	assert(is_id(s->id, "k1:") && is_id(s->id_fine, "k2:"));
	assert(s->n_frames <= SIGHTING_FRAMES && s->integrity < INTEGRITY_COUNT);
	assert(isnan(s->guest_s) || isfinite(s->guest_s));
}

static void survives_json(const struct sighting *s)
{
	_cleanup_json_ json_t *o = sighting_to_json(s);
	static struct sighting back;
	_cleanup_free_
	char *text = json_dumps(o, JSON_COMPACT);
	struct err err;

	assert(text && sighting_from_json(o, &back, &err) == 0);
	assert(back.class == s->class && back.n_frames == s->n_frames);
	assert(str_eq(back.id, s->id) && str_eq(back.id_fine, s->id_fine));
	assert(back.integrity == s->integrity && back.panicked == s->panicked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *p = (const char *)data + 2, *end = (const char *)data + n, *nl;
	_cleanup_free_
	char *header = NULL;
	static struct oops o;

	if (n < 2)
		return 0;
	nl = memchr(p, '\n', n - 2);
	header = xstrndup(p, (size_t)((nl ? nl : end) - p));
	open_report(&o, header, data[0] | (unsigned)data[1] << 8);
	bounded(&o);
	for (; nl && ++nl < end; nl = memchr(nl, '\n', (size_t)(end - nl))) {
		const char *stop = memchr(nl, '\n', (size_t)(end - nl));

		if (take(&o, nl, (size_t)((stop ? stop : end) - nl)) == OOPS_OVER)
			break;
	}
	o.cut_short = data[0] & 1;
	oops_close(&o);
	whole(&o.s);
	survives_json(&o.s);
	return 0;
}

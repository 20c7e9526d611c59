/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/lifetable.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/str.h"

enum column { TIME, STATUS, ARM, CAUSE, STRATUM, COLUMNS, IGNORED = COLUMNS };

static const char *const column_name[] = {
	[TIME] = "time",   [STATUS] = "status",   [ARM] = "arm",
	[CAUSE] = "cause", [STRATUM] = "stratum",
};

/* Names in order of arrival, with a table of open addressing from hash to number + 1. */
struct interned {
	struct strv names;
	uint32_t *slot;
	size_t n_slots; /* a power of two */
};

struct cell {
	const char *text; /* NUL-terminated, in reader.scratch, until the next cell */
	size_t n;
	size_t column; /* of its first byte, from 1 */
	bool last;     /* of its line */
};

struct reader {
	const char *name;
	const char *at, *end, *line_start;
	size_t line;
	struct buf scratch;
	struct err *err;

	enum column *column; /* what each of the n_columns cells of a line is */
	size_t n_columns;
	bool have[COLUMNS];
	struct interned of[COLUMNS];
	struct sample sample;
};

static int complain(const struct reader *r, size_t column, const char *fmt, ...) PRINTF(3, 4);
static int complain(const struct reader *r, size_t column, const char *fmt, ...)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	return err_set(r->err, EINVAL, "%s:%zu:%zu: %s", r->name, r->line, column, buf_str(&b));
}

/* The cell's text, fit to be shown. */
static const char *shown(const struct cell *c, struct buf *b)
{
	buf_clear(b);
	str_sanitise(b, c->text, MIN(c->n, 40), false);
	return buf_str(b);
}

/* ---- cells ---- */

static bool at_line_end(const struct reader *r)
{
	return r->at == r->end || *r->at == '\n' ||
	       (*r->at == '\r' && (r->at + 1 == r->end || r->at[1] == '\n'));
}

static int quoted_cell(struct reader *r, size_t column)
{
	for (r->at++; !at_line_end(r); r->at++) {
		if (*r->at == '"' && (r->at + 1 == r->end || r->at[1] != '"')) {
			r->at++;
			return 0;
		}
		r->at += *r->at == '"';
		buf_putc(&r->scratch, *r->at);
	}
	return complain(r, column, "a quotation mark opens here and is not closed on this line");
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void plain_cell(struct reader *r)
{
	while (!at_line_end(r) && *r->at != ',')
		buf_putc(&r->scratch, *r->at++);
	while (r->scratch.len && is_blank(r->scratch.data[r->scratch.len - 1]))
		r->scratch.data[--r->scratch.len] = 0;
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && is_blank(*r->at))
		r->at++;
}

/* Reads one cell and the comma behind it; the end of the line stays. */
static int next_cell(struct reader *r, struct cell *ret)
{
	struct cell c;
	int e = 0;

	skip_blanks(r);
	c.column = (size_t)(r->at - r->line_start) + 1;
	buf_clear(&r->scratch);
	if (r->at < r->end && *r->at == '"')
		e = quoted_cell(r, c.column);
	else
		plain_cell(r);
	if (e < 0)
		return e;
	skip_blanks(r);
	c.last = at_line_end(r);
	if (!c.last && *r->at != ',')
		return complain(r, (size_t)(r->at - r->line_start) + 1,
				"text behind a closing quotation mark; a comma would do");
	r->at += !c.last;
	c.text = buf_str(&r->scratch);
	c.n = r->scratch.len;
	if (strlen(c.text) != c.n)
		return complain(r, c.column, "a NUL byte; this is no text file");
	*ret = c;
	return 0;
}

/* Steps over the end of a line; returns whether another one follows. Empty lines are no rows. */
static bool next_line(struct reader *r)
{
	do {
		r->at += r->at < r->end && *r->at == '\r';
		r->at += r->at < r->end && *r->at == '\n';
		r->line_start = r->at;
		r->line++;
	} while (r->at < r->end && at_line_end(r));
	return r->at < r->end;
}

/* ---- names ---- */

static void grow_slots(struct interned *in)
{
	size_t n = in->n_slots ? 4 * in->n_slots : 64;
	uint32_t *slot = xcalloc(n, sizeof(*slot));

	for (size_t i = 0; i < in->names.n; i++) {
		size_t h = hash_str(HASH_INIT, in->names.item[i]);

		while (slot[h & (n - 1)])
			h++;
		slot[h & (n - 1)] = (uint32_t)i + 1;
	}
	free(in->slot);
	in->slot = slot;
	in->n_slots = n;
}

static int intern(struct interned *in, const char *name)
{
	size_t h = hash_str(HASH_INIT, name), i;

	if (2 * in->names.n >= in->n_slots)
		grow_slots(in);
	for (; (i = in->slot[h & (in->n_slots - 1)]); h++)
		if (str_eq(in->names.item[i - 1], name))
			return (int)i - 1;
	strv_add(&in->names, name);
	in->slot[h & (in->n_slots - 1)] = (uint32_t)in->names.n;
	return (int)in->names.n - 1;
}

static bool number_of(const char *text, double *ret)
{
	char *end;

	if (!*text || strspn(text, "0123456789+-.eE") != strlen(text))
		return false;
	*ret = strtod(text, &end);
	return !*end && isfinite(*ret);
}

static bool is_plain_text(const struct cell *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->text[i] < ' ' || c->text[i] > '~')
			return false;
	return true;
}

/* "2", "2.0" and "02" are one name where they are numbers. What could drive a terminal, or break
 * JSON, goes in as \xNN. */
static int intern_cell(struct interned *in, const struct cell *c)
{
	_cleanup_buf_ struct buf clean = BUF_INIT;
	bool digits = strspn(c->text, "123456789") == c->n || str_eq(c->text, "0");
	char shortest[32];
	double v;

	if (digits)
		return intern(in, c->text);
	if (!is_plain_text(c)) {
		str_sanitise(&clean, c->text, c->n, false);
		return intern(in, buf_str(&clean));
	}
	if (!number_of(c->text, &v) || v != floor(v) || fabs(v) > 1e15)
		return intern(in, c->text);
	snprintf(shortest, sizeof(shortest), "%.0f", v == 0 ? 0 : v);
	return intern(in, shortest);
}

struct ranked {
	const char *name;
	double value;
	size_t was;
};

static int by_value(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return x->value != y->value ? (x->value > y->value ? 1 : -1) : strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int c = str_version_cmp(x->name, y->name);

	return c ? c : strcmp(x->name, y->name);
}

/* Moves the names into `ret`, in order; returns old number -> new number. */
static int *rank(struct interned *in, struct labels *ret)
{
	size_t n = in->names.n;
	struct ranked *order = xcalloc(n + 1, sizeof(*order));
	int *to = xcalloc(n + 1, sizeof(*to));

	*ret = (struct labels){ .name = xcalloc(n + 1, sizeof(char *)), .n = n, .numeric = true };
	for (size_t i = 0; i < n; i++) {
		order[i] = (struct ranked){ .name = in->names.item[i], .was = i };
		ret->numeric = number_of(order[i].name, &order[i].value) && ret->numeric;
	}
	qsort(order, n, sizeof(*order), ret->numeric ? by_value : by_name);
	for (size_t i = 0; i < n; i++) {
		ret->name[i] = TAKE(in->names.item[order[i].was], NULL);
		to[order[i].was] = (int)i;
	}
	free(order);
	return to;
}

/* ---- rows ---- */

static int time_cell(struct reader *r, const struct cell *c, struct lifetime *life)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (!number_of(c->text, &life->time))
		return complain(r, c->column, "time is '%s'; a finite number, 0 or more, would do",
				shown(c, &b));
	if (life->time < 0)
		return complain(r, c->column, "time is %s; nothing lives less than 0", c->text);
	life->time = fabs(life->time); /* -0 */
	return 0;
}

static int status_cell(struct reader *r, const struct cell *c, struct lifetime *life)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (!str_eq(c->text, "0") && !str_eq(c->text, "1"))
		return complain(r, c->column, "status is '%s'; 1 (failed) or 0 (censored) would do",
				shown(c, &b));
	life->failed = c->text[0] == '1';
	return 0;
}

static int label_cell(struct reader *r, enum column column, const struct cell *c, int *ret)
{
	if (c->n == 0)
		return complain(r, c->column, "%s is empty", column_name[column]);
	*ret = intern_cell(&r->of[column], c);
	if ((column == ARM && *ret >= LIFETABLE_ARMS_MAX))
		return complain(r, c->column, "more than %d arms", LIFETABLE_ARMS_MAX);
	if ((column == CAUSE && *ret >= LIFETABLE_CAUSES_MAX))
		return complain(r, c->column, "more than %d causes", LIFETABLE_CAUSES_MAX);
	return 0;
}

/* The cause counts only where the row failed, which a later cell may say. */
static int cause_cell(struct reader *r, const struct cell *c, bool failed, int *ret)
{
	if (!failed)
		return 0;
	if (c->n == 0 || str_eq(c->text, "0"))
		return complain(r, c->column,
				"status is 1 but there is no cause; any name or a "
				"number other than 0 would do");
	return label_cell(r, CAUSE, c, ret);
}

static int one_cell(struct reader *r, enum column column, const struct cell *c,
		    struct lifetime *life)
{
	switch (column) {
	case TIME: return time_cell(r, c, life);
	case STATUS: return status_cell(r, c, life);
	case ARM: return label_cell(r, ARM, c, &life->arm);
	case STRATUM: return label_cell(r, STRATUM, c, &life->stratum);
	case CAUSE: /* later, by parse_row */
	case IGNORED: return 0;
	}
	return 0;
}

static int parse_row(struct reader *r)
{
	_cleanup_buf_ struct buf cause_text = BUF_INIT;
	struct lifetime life = { 0 };
	struct cell c = { 0 }, cause = { 0 };
	size_t i = 0;
	int e;

	do {
		if ((e = next_cell(r, &c)) < 0)
			return e;
		if (i == r->n_columns)
			return complain(r, c.column, "more cells than the header has (%zu)", i);
		if ((e = one_cell(r, r->column[i], &c, &life)) < 0)
			return e;
		if (r->column[i++] == CAUSE) {
			buf_append(&cause_text, c.text, c.n);
			cause = c;
		}
	} while (!c.last);
	if (i < r->n_columns)
		return complain(r, c.column, "the line ends after %zu cell%s; the header has %zu",
				i, i == 1 ? "" : "s", r->n_columns);
	cause.text = buf_str(&cause_text);
	if (r->have[CAUSE] && (e = cause_cell(r, &cause, life.failed, &life.cause)) < 0)
		return e;
	sample_add(&r->sample, life);
	return 0;
}

/* ---- header ---- */

static const char *nth_column(size_t i, const void *arg)
{
	(void)arg;
	return column_name[i];
}

static int header_cell(struct reader *r, const struct cell *c)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	enum column column = 0;
	const char *near;

	while (column < COLUMNS && !str_eq(c->text, column_name[column]))
		column++;
	near = str_nearest(c->text, COLUMNS, nth_column, NULL);
	if (column == IGNORED && near && c->n > 2)
		return complain(r, c->column, "column '%s'; did you mean '%s'?", shown(c, &b),
				near);
	if (column != IGNORED && r->have[column])
		return complain(r, c->column, "column '%s' is here twice", column_name[column]);
	if (column != IGNORED)
		r->have[column] = true;
	r->column = xrealloc(r->column, (r->n_columns + 1) * sizeof(*r->column));
	r->column[r->n_columns++] = column;
	return 0;
}

static int parse_header(struct reader *r)
{
	struct cell c;
	int e;

	do {
		if ((e = next_cell(r, &c)) < 0 || (e = header_cell(r, &c)) < 0)
			return e;
	} while (!c.last);
	for (enum column i = TIME; i <= STATUS; i++)
		if (!r->have[i])
			return complain(r, 1,
					"the header has no column '%s'; it needs time and "
					"status, and may have arm, cause and stratum",
					column_name[i]);
	return 0;
}

static int parse(struct reader *r)
{
	int e;

	if (r->end - r->at >= 3 && memcmp(r->at, "\xef\xbb\xbf", 3) == 0)
		r->at += 3; /* a byte order mark, as spreadsheets leave it */
	if (r->at == r->end)
		return complain(r, 1, "the file is empty; a header with time and status would do");
	if ((e = parse_header(r)) < 0)
		return e;
	while (next_line(r))
		if ((e = parse_row(r)) < 0)
			return e;
	return r->sample.n ? 0 : complain(r, 1, "there is no row behind the header");
}

/* ---- putting it together ---- */

static void labels_done(struct labels *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->name[i]);
	free(l->name);
}

void lifetable_done(struct lifetable *t)
{
	sample_done(&t->sample);
	labels_done(&t->arm);
	labels_done(&t->cause);
	labels_done(&t->stratum);
	*t = (struct lifetable){ 0 };
}

static void finish(struct reader *r, struct lifetable *ret)
{
	struct lifetable t = { .sample = TAKE(r->sample, (struct sample)SAMPLE_INIT) };
	int *arm, *cause, *stratum;

	for (enum column c = ARM; c <= STRATUM; c++)
		if (!r->have[c] && (c != CAUSE || sample_failures(&t.sample)))
			intern(&r->of[c], c == ARM ? "0" : "1");
	arm = rank(&r->of[ARM], &t.arm);
	cause = rank(&r->of[CAUSE], &t.cause);
	stratum = rank(&r->of[STRATUM], &t.stratum);
	for (size_t i = 0; i < t.sample.n; i++) {
		struct lifetime *life = &t.sample.life[i];

		life->arm = arm[life->arm];
		life->cause = life->failed ? cause[life->cause] : 0;
		life->stratum = stratum[life->stratum];
	}
	free(arm);
	free(cause);
	free(stratum);
	sample_sort(&t.sample);
	*ret = t;
}

int lifetable_parse(const char *name, const char *text, size_t n, struct lifetable *ret,
		    struct err *err)
{
	struct reader r = { .name = name, .at = text, .end = text + n, .line = 1, .err = err };
	int e;

	r.line_start = text;
	e = parse(&r);
	if (e == 0)
		finish(&r, ret);
	for (enum column c = 0; c < COLUMNS; c++) {
		strv_done(&r.of[c].names);
		free(r.of[c].slot);
	}
	sample_done(&r.sample);
	buf_done(&r.scratch);
	free(r.column);
	return e;
}

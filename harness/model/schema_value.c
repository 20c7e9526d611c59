/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of the keys in schema.c's table: what one may be, and how it is set from a word. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "model/capabilities.h"
#include "model/schema.h"
#include "model/units.h"

static char *(*formatter(enum field_type t))(char *, uint64_t)
{
	return t == FIELD_SIZE ? size_format : duration_format;
}

/* "a, b or c" */
static void words_list(struct buf *out, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		buf_printf(out, "%s%s", !i ? "" : words[i + 1] ? ", " : " or ", words[i]);
}

char *field_range(const struct field *f)
{
	char a[UNIT_TEXT], b[UNIT_TEXT];
	struct buf out = BUF_INIT;

	switch (f->type) {
	case FIELD_COUNT:
	case FIELD_NUMBER:
	case FIELD_RATE:
		buf_printf(&out, "%s%llu to %llu", f->type == FIELD_COUNT ? "" : "above ",
			   (unsigned long long)f->min, (unsigned long long)f->max);
		buf_puts(&out, f->type == FIELD_RATE ? " per second" : "");
		break;
	case FIELD_SIZE:
	case FIELD_DURATION:
		buf_printf(&out, "%s to %s", formatter(f->type)(a, f->min),
			   formatter(f->type)(b, f->max));
		break;
	case FIELD_WORD: words_list(&out, f->words); break;
	case FIELD_TEXT:
	case FIELD_GRID: buf_puts(&out, f->shape ? f->shape : ""); break;
	case FIELD_LIST:
	case FIELD_PAIRS:
	case FIELD_NAMED:
	case FIELD_OVERLAYS: buf_printf(&out, "each %s", f->shape); break;
	case FIELD_GROUP:
	case FIELD_LOADS: break;
	}
	if (f->none)
		buf_puts(&out, ", or none");
	return buf_steal(&out);
}

_Static_assert(sizeof(enum accel) == sizeof(unsigned) &&
		       sizeof(enum boot_image) == sizeof(unsigned) &&
		       sizeof(enum hang_profile) == sizeof(unsigned) &&
		       sizeof(enum fake_clock) == sizeof(unsigned) &&
		       sizeof(enum exposure_start) == sizeof(unsigned) &&
		       sizeof(enum dump_when) == sizeof(unsigned) &&
		       sizeof(enum netconsole_wish) == sizeof(unsigned) &&
		       sizeof(enum zero_errors) == sizeof(unsigned) &&
		       sizeof(enum swap_on) == sizeof(unsigned) &&
		       sizeof(enum machine_type) == sizeof(unsigned) &&
		       sizeof(enum watchdog_device) == sizeof(unsigned) &&
		       sizeof(enum watchdog_action) == sizeof(unsigned) &&
		       sizeof(enum mglru) == sizeof(unsigned),
	       "a WORD is kept through an unsigned");

void *field_at(const struct field *f, struct settings *s, struct scenario *sc)
{
	return (f->of_scenario ? (char *)sc : (char *)s) + f->offset;
}

static int out_of_range(const struct field *f, const char *found, struct err *err)
{
	_cleanup_free_
	char *range = field_range(f);

	return err_set(err, ERANGE, "%s is out of range; accepted is %s", found, range);
}

int field_check(const struct field *f, uint64_t v, struct err *err)
{
	char text[UNIT_TEXT];

	if ((v >= f->min && v <= f->max) || (f->none && v == TIME_NEVER))
		return 0;
	if (f->type == FIELD_COUNT)
		snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
	else
		formatter(f->type)(text, v);
	return out_of_range(f, text, err);
}

static int set_number(const struct field *f, double *at, const char *word, struct err *err)
{
	double v;
	int r = f->type == FIELD_RATE ? rate_parse(word, &v, err) : number_parse(word, &v, err);

	if (r < 0)
		return r;
	if (v <= (double)f->min || v > (double)f->max)
		return out_of_range(f, word, err);
	*at = v;
	return 0;
}

static int count_parse(const char *word, uint64_t *ret, struct err *err)
{
	if (str_to_u64(word, INT64_MAX, ret) < 0)
		return err_set(err, EINVAL, "'%.40s' should be a whole number", word);
	return 0;
}

static int set_u64(const struct field *f, uint64_t *at, const char *word, struct err *err)
{
	uint64_t v;
	int r;

	if (f->none && str_eq(word, "none")) {
		*at = TIME_NEVER;
		return 0;
	}
	r = f->type == FIELD_COUNT  ? count_parse(word, &v, err)
	    : f->type == FIELD_SIZE ? size_parse(word, &v, err)
				    : duration_parse(word, &v, err);
	if (r == 0)
		r = field_check(f, v, err);
	if (r == 0)
		*at = v;
	return r;
}

static int set_word(const struct field *f, unsigned *at, const char *word, struct err *err)
{
	_cleanup_buf_ struct buf all = BUF_INIT;

	for (unsigned i = 0; f->words[i]; i++)
		if (str_eq(f->words[i], word)) {
			*at = i;
			return 0;
		}
	words_list(&all, f->words);
	return err_set(err, EINVAL, "'%.40s' should be %s", word, buf_str(&all));
}

static const char *nth_crash_word(size_t i, const void *arg)
{
	(void)arg;
	return crash_word(i);
}

/* All the words where none is near, else only the near one. */
static int unknown_class(const char *word, struct err *err)
{
	_cleanup_buf_ struct buf all = BUF_INIT;
	const char *near, *w;
	size_t n;

	for (n = 0; (w = crash_word(n)); n++)
		buf_printf(&all, "%s%s", n ? ", " : "", w);
	near = str_nearest(word, n, nth_crash_word, NULL);
	if (near)
		return err_set(
			err, EINVAL,
			"there is no crash class '%.40s'; did you mean '%s'? (kernsoak check "
			"--schema lists them)",
			word, near);
	return err_set(err, EINVAL, "there is no crash class '%.40s'; accepted are %s", word,
		       buf_str(&all));
}

static int check_shape(const struct field *f, const char *word, struct err *err)
{
	if (!f->fits || f->fits(word))
		return 0;
	if (f->fits == crash_is_word || f->fits == crash_is_class)
		return unknown_class(word, err);
	if (f->fits == need_is_word)
		return need_unknown(word, err);
	return err_set(err, EINVAL, "'%.40s' should be %s", word, f->shape);
}

int field_set(const struct field *f, void *at, const char *word, struct err *err)
{
	switch (f->type) {
	case FIELD_COUNT:
	case FIELD_SIZE:
	case FIELD_DURATION: return set_u64(f, at, word, err);
	case FIELD_NUMBER:
	case FIELD_RATE: return set_number(f, at, word, err);
	case FIELD_WORD: return set_word(f, at, word, err);
	case FIELD_TEXT:
		if (check_shape(f, word, err) < 0)
			return -EINVAL;
		free(*(char **)at);
		*(char **)at = xstrdup(word);
		return 0;
	case FIELD_LIST:
		if (check_shape(f, word, err) < 0)
			return -EINVAL;
		strv_add(at, word);
		return 0;
	case FIELD_GROUP:
	case FIELD_PAIRS:
	case FIELD_NAMED:
	case FIELD_LOADS:
	case FIELD_GRID:
	case FIELD_OVERLAYS: break;
	}
	assert(!"a map has no word");
	return -EINVAL;
}

int field_accepts(const struct field *f, const char *word, struct err *err)
{
	union {
		char *text;
		uint64_t number;
		unsigned word;
	} at = { NULL };
	int r;

	if (f->type == FIELD_PAIRS)
		return f->words ? set_word(f, &at.word, word, err) : 0;
	r = field_set(f, &at, word, err);
	if (f->type == FIELD_TEXT)
		free(at.text);
	return r;
}

void schema_defaults(struct settings *s, struct scenario *sc)
{
	const struct field *f;

	for (size_t i = 0; (f = schema_nth(i)); i++) {
		if ((f->of_scenario ? !sc : !s) || !f->fallback || f->type == FIELD_LIST)
			continue;
		if (f->type == FIELD_TEXT)
			*(char **)field_at(f, s, sc) = xstrdup(f->fallback);
		else if (field_set(f, field_at(f, s, sc), f->fallback, NULL) < 0)
			assert(!"a default that its own row refuses");
	}
}

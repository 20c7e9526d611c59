/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/answer_parts.h"

enum { ROWS_MAX = 150 };

struct answer_rows answer_rows(const struct answer_context *c, size_t n)
{
	return (struct answer_rows){ c->opt.all_rows ? n : MIN(n, (size_t)ROWS_MAX), n };
}

size_t answer_row(struct answer_rows r, size_t i)
{
	if (r.shown == r.of)
		return i;
	return (size_t)rint((double)i * (double)(r.of - 1) / (double)(r.shown - 1));
}

json_t *answer_ends(struct interval i, const char *lo, const char *hi)
{
	json_t *o = json_object();

	json_set_double(o, lo, i.lo);
	json_set_double(o, hi, i.hi);
	return o;
}

json_t *answer_labelled(const char *key, json_t *label, json_t *o)
{
	json_t *r = json_object();

	json_object_set_new(r, key, label);
	json_object_update(r, o);
	json_decref(o);
	return r;
}

json_t *answer_label(const struct labels *l, size_t i)
{
	char *end;
	long long v = strtoll(l->name[i], &end, 10);

	if (!l->numeric)
		return json_string_nocheck(l->name[i]);
	return *end ? json_real(strtod(l->name[i], NULL)) : json_integer(v);
}

json_t *answer_labels(const struct labels *l)
{
	json_t *a = json_array();

	if (l->n == 1) {
		json_decref(a);
		return answer_label(l, 0);
	}
	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(a, answer_label(l, i));
	return a;
}

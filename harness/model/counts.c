/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/counts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_name(const char *s)
{
	const size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n && n < COUNTS_NAME_LEN && !s[n];
}

/* A guest may count for ever; JSON's integers end at 63 bits. */
static uint64_t sum(uint64_t a, uint64_t b)
{
	return a > INT64_MAX || b > INT64_MAX - a ? INT64_MAX : a + b;
}

bool counts_add(struct counts *c, const char *name, uint64_t count)
{
	size_t i = 0;

	if (!is_name(name))
		return false;
	while (i < c->n && strcmp(c->item[i].name, name) != 0)
		i++;
	if (i == COUNTS_NAMES)
		return false;
	if (i == c->n) {
		snprintf(c->item[i].name, sizeof(c->item[i].name), "%s", name);
		c->item[c->n++].count = 0;
	}
	c->item[i].count = sum(c->item[i].count, count);
	return true;
}

void counts_add_all(struct counts *c, const struct counts *more)
{
	for (size_t i = 0; i < more->n; i++)
		counts_add(c, more->item[i].name, more->item[i].count);
}

uint64_t counts_sum(const struct counts *c)
{
	uint64_t all = 0;

	for (size_t i = 0; i < c->n; i++)
		all = sum(all, c->item[i].count);
	return all;
}

json_t *counts_to_json(const struct counts *c)
{
	json_t *o = json_object();

	for (size_t i = 0; i < c->n; i++)
		json_set_u64(o, c->item[i].name, c->item[i].count);
	return o;
}

int counts_from_json(const json_t *j, struct counts *ret, struct err *err)
{
	struct counts c = { 0 };
	const char *name;
	json_t *count;

	json_object_foreach ((json_t *)j, name, count)
		if (!json_is_integer(count) || json_integer_value(count) < 0 ||
		    !counts_add(&c, name, (uint64_t)json_integer_value(count)))
			return err_set(err, EINVAL,
				       "counts should have at most %d names of a-z, 0-9 and -, "
				       "each with a count",
				       COUNTS_NAMES);
	*ret = c;
	return 0;
}

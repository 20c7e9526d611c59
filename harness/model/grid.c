/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/grid.h"

#include <ctype.h>
#include <errno.h>

#include "model/controls.h"
#include "model/schema.h"
#include "model/yaml.h"

void grid_done(struct grid *g)
{
	for (size_t i = 0; i < g->n; i++) {
		free(g->axis[i].key);
		strv_done(&g->axis[i].value);
	}
	*g = (struct grid){ 0 };
}

size_t grid_cells(const struct grid *g)
{
	size_t n = g->n ? 1 : 0;

	for (size_t i = 0; i < g->n; i++)
		n *= g->axis[i].value.n;
	return n;
}

void grid_place(const struct grid *g, size_t cell, size_t ret[GRID_AXES])
{
	for (size_t i = g->n; i-- > 0;) {
		ret[i] = cell % g->axis[i].value.n;
		cell /= g->axis[i].value.n;
	}
}

char *grid_cell_name(const struct grid *g, size_t cell)
{
	struct buf out = BUF_INIT;
	size_t at[GRID_AXES];

	grid_place(g, cell, at);
	for (size_t i = 0; i < g->n; i++) {
		if (out.len)
			buf_putc(&out, '-');
		for (const char *s = g->axis[i].value.item[at[i]]; *s; s++) {
			if (isalnum((unsigned char)*s) || (out.len && strchr("._+", *s)))
				buf_putc(&out, *s);
			else if (out.len)
				buf_putc(&out, '-');
		}
	}
	return buf_steal(&out);
}

/* ---- from a scenario ---- */

/* A value alone is a list of one. */
static size_t n_values(const struct node *list)
{
	return list->kind == NODE_LIST ? list->n : 1;
}

static const struct node *nth_value(const struct node *list, size_t i)
{
	return list->kind == NODE_LIST ? list->item[i].value : list;
}

/* A key with nothing behind it is no axis: so a profile takes one away. */
static bool is_axis(const struct entry *e)
{
	return e->value->kind != NODE_NULL;
}

/* The value as what an arm would lay over the scenario. */
static int check_value(struct trees *y, const struct node *key, const struct node *value,
		       struct err *err)
{
	const struct node *doc = tree_nest(y, key, schema_has_free_keys, value);
	struct settings s = { 0 };
	struct scenario sc = { 0 };
	char found[64];
	int r;

	if (value->kind != NODE_SCALAR)
		return tree_complain(err, value,
				     "grid.%.60s: each value should be one word; found %s",
				     key->text, tree_found(value, found, sizeof(found)));
	if (!doc)
		return tree_complain(err, key,
				     "'%.60s' is no key; write it from the top, such as "
				     "guest.memory",
				     key->text);
	r = schema_read(doc, IN_ARM, false, &s, &sc, err);
	settings_done(&s);
	scenario_done(&sc);
	return r;
}

static int check_axis(struct trees *y, const struct entry *e, struct err *err)
{
	const struct node *list = e->value;
	int r = 0;

	if (list->kind == NODE_MAP || (list->kind == NODE_LIST && !list->n))
		return tree_complain(err, list,
				     "grid.%.60s should be a list of values, such as [1, 2]",
				     e->key->text);
	for (size_t i = 0; i < n_values(list) && r == 0; i++)
		r = check_value(y, e->key, nth_value(list, i), err);
	return r;
}

int grid_check(struct trees *y, const struct node *map, struct err *err)
{
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; map->kind == NODE_MAP && i < map->n && r == 0; i++) {
		const struct entry *e = &map->item[i];

		if (!is_axis(e))
			continue;
		r = n++ < GRID_AXES
			    ? check_axis(y, e, err)
			    : tree_complain(err, e->key, "a grid has at most %d keys", GRID_AXES);
	}
	return r;
}

/* The axes alone; the map has been checked. */
static void take_axes(const struct node *map, struct grid *g)
{
	for (size_t i = 0; i < map->n; i++) {
		const struct entry *e = &map->item[i];
		struct grid_axis *a = &g->axis[g->n];

		if (!is_axis(e))
			continue;
		a->key = xstrdup(e->key->text);
		for (size_t k = 0; k < n_values(e->value); k++)
			strv_add(&a->value, nth_value(e->value, k)->text);
		g->n++;
	}
}

/* A name that is none is the fault of its values; the first one is pointed at. */
static int check_names(const struct node *map, const struct grid *g, struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 };

	for (size_t i = 0; i < grid_cells(g); i++) {
		char *name = grid_cell_name(g, i);
		const bool known = strv_has(&names, name);

		strv_take(&names, name);
		if (known)
			return tree_complain(err, map,
					     "two combinations of the grid have the name '%.80s'; "
					     "its values should differ in letters and digits",
					     name);
		if (!schema_is_name(name) || control_of(name))
			return tree_complain(err, map,
					     "'%.80s' cannot be the name of an arm, which is "
					     "%s; a grid's values are joined to one",
					     name, SCHEMA_NAME_SHAPE);
	}
	return 0;
}

int grid_read(struct trees *y, const struct node *map, struct grid *ret, struct err *err)
{
	struct grid g = { 0 };
	int r = grid_check(y, map, err);

	if (r < 0)
		return r;
	take_axes(map, &g);
	if (grid_cells(&g) > SCENARIO_MAX_ARMS)
		r = tree_complain(err, map, "the grid has %zu combinations; at most %d can be arms",
				  grid_cells(&g), SCENARIO_MAX_ARMS);
	else
		r = check_names(map, &g, err);
	if (r < 0)
		grid_done(&g);
	else
		*ret = g;
	return r;
}

const struct node *grid_overlay(struct trees *y, const struct node *map, const struct grid *g,
				size_t cell)
{
	const struct node *over = NULL;
	size_t at[GRID_AXES], axis = 0;

	grid_place(g, cell, at);
	for (size_t i = 0; i < map->n; i++) {
		const struct entry *e = &map->item[i];
		const struct node *one;

		if (!is_axis(e))
			continue;
		one = tree_nest(y, e->key, schema_has_free_keys, nth_value(e->value, at[axis++]));
		over = over ? tree_merge(y, over, one) : one;
	}
	return over;
}

/* ---- plan.json ---- */

json_t *grid_to_json(const struct grid *g)
{
	json_t *list = json_array();

	for (size_t i = 0; i < g->n; i++) {
		json_t *o = json_object();

		json_set_str(o, "key", g->axis[i].key);
		json_object_set_new(o, "values", json_texts(&g->axis[i].value));
		json_array_append_new(list, o);
	}
	return list;
}

static int axis_from_json(const json_t *o, struct grid *g, struct err *err)
{
	const json_t *values = json_object_get(o, "values");
	const char *key = json_string_value(json_object_get(o, "key"));
	struct grid_axis *a = &g->axis[g->n];
	size_t i;
	json_t *v;

	if (!key || !json_array_size(values) || json_array_size(values) > SCENARIO_MAX_ARMS)
		return err_set(err, EINVAL, "an axis of a grid should have a key and values");
	a->key = xstrdup(key);
	g->n++;
	json_array_foreach (values, i, v)
		strv_add(&a->value, json_string_value(v) ?: "");
	return 0;
}

int grid_from_json(const json_t *j, struct grid *ret, struct err *err)
{
	struct grid g = { 0 };
	int r = json_array_size(j) > GRID_AXES
			? err_set(err, EINVAL, "a grid has at most %d axes", GRID_AXES)
			: 0;

	for (size_t i = 0; r == 0 && i < json_array_size(j); i++)
		r = axis_from_json(json_array_get(j, i), &g, err);
	if (r == 0 && grid_cells(&g) > SCENARIO_MAX_ARMS)
		r = err_set(err, EINVAL, "a grid has at most %d cells", SCENARIO_MAX_ARMS);
	if (r < 0)
		grid_done(&g);
	else
		*ret = g;
	return r;
}

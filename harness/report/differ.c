/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/differ.h"

#include "model/loads.h"
#include "model/schema.h"
#include "model/units.h"

/* A parameter of a load: "load.fib-rebalance.pause". NULL: it is none. */
static const struct load_param *param_by_path(const char *path)
{
	const char *name = str_after(path, "load."), *dot = name ? strchr(name, '.') : NULL;
	_cleanup_free_
	char *load = dot ? xstrndup(name, (size_t)(dot - name)) : NULL;
	const struct load_def *def = load ? load_by_name(load) : NULL;

	for (size_t i = 0; def && def->param[i].key; i++)
		if (str_eq(def->param[i].key, dot + 1))
			return &def->param[i];
	return NULL;
}

/* Settings have a load's parameters as the load gets them: times in ns, sizes in bytes. */
static void put_text(struct buf *out, const json_t *v, const char *path)
{
	const struct load_param *p = param_by_path(path);
	const char *s = json_string_value(v);
	char text[UNIT_TEXT];
	uint64_t n;

	if (p && p->type == PARAM_DURATION && str_to_u64(s, UINT64_MAX, &n) == 0)
		s = duration_format(text, n);
	else if (p && p->type == PARAM_SIZE && str_to_u64(s, UINT64_MAX, &n) == 0)
		s = size_format(text, n);
	buf_puts(out, *s ? s : "''");
}

static void put_list(struct buf *out, const json_t *v)
{
	size_t i;
	json_t *item;

	buf_putc(out, '[');
	json_array_foreach (v, i, item)
		buf_printf(out, "%s%s", i ? ", " : "",
			   json_is_string(item) ? json_string_value(item) : "?");
	buf_putc(out, ']');
}

static void put_number(struct buf *out, const json_t *v, const char *path)
{
	const struct field *f = schema_by_path(path);
	char text[UNIT_TEXT];

	if (f && f->type == FIELD_SIZE)
		buf_puts(out, size_format(text, (uint64_t)json_integer_value(v)));
	else if (f && f->type == FIELD_DURATION)
		buf_puts(out, duration_format(text, (uint64_t)json_integer_value(v)));
	else
		buf_printf(out, "%.10g%s", json_number_value(v),
			   f && f->type == FIELD_RATE ? "/s" : "");
}

static void put_value(struct buf *out, const json_t *v, const char *path);

/* "{caller: ext4_es_scan, delay: 20us}" */
static void put_object(struct buf *out, const json_t *v, const char *path)
{
	const char *key, *comma = "{";
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)v, key, value) {
		_cleanup_free_
		char *below = xasprintf("%s.%s", path, key);

		buf_printf(out, "%s%s: ", comma, key);
		put_value(out, value, below);
		comma = ", ";
	}
	buf_puts(out, json_object_size(v) ? "}" : "none");
}

static void put_value(struct buf *out, const json_t *v, const char *path)
{
	if (!v || json_is_null(v))
		buf_puts(out, "none");
	else if (json_is_string(v))
		put_text(out, v, path);
	else if (json_is_array(v))
		put_list(out, v);
	else if (json_is_number(v))
		put_number(out, v, path);
	else if (json_is_object(v))
		put_object(out, v, path);
	else
		buf_puts(out, json_is_true(v) ? "true" : "false");
}

static void differ(const json_t *a, const json_t *b, const char *path, struct strv *ret);

/* Keys of a, then those that only b has. */
static void differ_keys(const json_t *a, const json_t *b, const char *path, struct strv *ret)
{
	const json_t *of[] = { a, b };

	for (int side = 0; side < 2; side++) {
		const char *key;
		json_t *v;

		json_object_foreach ((json_t *)of[side], key, v) {
			_cleanup_free_
			char *below = *path ? xasprintf("%s.%s", path, key) : xstrdup(key);

			if (side == 0 || !json_object_get(a, key))
				differ(json_object_get(a, key), json_object_get(b, key), below,
				       ret);
		}
	}
}

static void differ(const json_t *a, const json_t *b, const char *path, struct strv *ret)
{
	_cleanup_buf_ struct buf there = BUF_INIT, here = BUF_INIT;

	if (a && b && json_equal((json_t *)a, (json_t *)b))
		return;
	if (json_is_object(a) && json_is_object(b)) {
		differ_keys(a, b, path, ret);
		return;
	}
	put_value(&there, a, path);
	put_value(&here, b, path);
	if (!str_eq(buf_str(&there), buf_str(&here))) /* nothing and an empty map are one */
		strv_take(ret, xasprintf("%s %s -> %s", path, buf_str(&there), buf_str(&here)));
}

void differ_settings(const json_t *a, const json_t *b, struct strv *ret)
{
	if (a && b)
		differ(a, b, "", ret);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/differ.h"

#include "model/schema.h"
#include "model/units.h"

static void put_text(struct buf *out, const json_t *v)
{
	const char *s = json_string_value(v);

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

static void put_value(struct buf *out, const json_t *v, const char *path)
{
	if (!v || json_is_null(v))
		buf_puts(out, "none");
	else if (json_is_string(v))
		put_text(out, v);
	else if (json_is_array(v))
		put_list(out, v);
	else if (json_is_number(v))
		put_number(out, v, path);
	else if (json_is_object(v))
		buf_puts(out, json_object_size(v) ? "{...}" : "none");
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
	_cleanup_buf_ struct buf line = BUF_INIT;

	if (a && b && json_equal((json_t *)a, (json_t *)b))
		return;
	if (json_is_object(a) && json_is_object(b)) {
		differ_keys(a, b, path, ret);
		return;
	}
	buf_printf(&line, "%s ", path);
	put_value(&line, a, path);
	buf_puts(&line, " -> ");
	put_value(&line, b, path);
	strv_add(ret, buf_str(&line));
}

void differ_settings(const json_t *a, const json_t *b, struct strv *ret)
{
	if (a && b)
		differ(a, b, "", ret);
}

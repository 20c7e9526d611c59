/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"

#include <errno.h>
#include <math.h>

#include "base/fs.h"
#include "base/str.h"

enum { JSON_MAX = 64 << 20 };

int json_read(int dirfd, const char *name, json_t **ret, struct err *err)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	json_error_t why;
	json_t *j;
	int r = fs_read(dirfd, name, JSON_MAX, &b, err);

	if (r < 0)
		return r;
	j = json_loadb(buf_str(&b), b.len, JSON_REJECT_DUPLICATES, &why);
	if (!j)
		return err_set(err, EINVAL, "%s:%d:%d: %s", name, why.line, why.column, why.text);
	*ret = j;
	return 0;
}

int json_write(int dirfd, const char *name, const json_t *j, struct err *err)
{
	_cleanup_free_
	char *text = json_dumps(j, JSON_INDENT(2));
	_cleanup_free_
	char *line = NULL;

	if (!text)
		return err_set(err, EINVAL, "cannot write %s: it holds what JSON cannot say", name);
	line = xasprintf("%s\n", text);
	return fs_write(dirfd, name, line, strlen(line), err);
}

void json_put(struct buf *out, const json_t *j)
{
	_cleanup_free_
	char *text = json_dumps(j, JSON_INDENT(2) | JSON_REAL_PRECISION(15));

	buf_printf(out, "%s\n", text);
}

const json_t *json_at(const json_t *o, const char *path)
{
	while (o && *path) {
		size_t n = strcspn(path, ".");
		_cleanup_free_
		char *part = xstrndup(path, n);

		o = json_is_array(o) ? json_array_get(o, strtoul(part, NULL, 10))
				     : json_object_get(o, part);
		path += n + (path[n] == '.');
	}
	return o;
}

static int wrong_type(const char *key, const char *want, struct err *err)
{
	return err_set(err, EINVAL, "\"%s\" should be %s", key, want);
}

json_t *json_text(const char *s)
{
	json_t *v = json_string(s);

	if (!v) {
		_cleanup_buf_ struct buf clean = BUF_INIT;

		str_sanitise(&clean, s, strlen(s), true);
		v = json_string(buf_str(&clean));
	}
	return v;
}

json_t *json_texts(const struct strv *v)
{
	json_t *a = json_array();

	for (size_t i = 0; i < v->n; i++)
		json_array_append_new(a, json_text(v->item[i]));
	return a;
}

json_t *json_figure(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

json_t *json_figures(const double *v, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_figure(v[i]));
	return a;
}

int json_get_str(const json_t *o, const char *key, const char **ret, struct err *err)
{
	const json_t *v = json_object_get(o, key);

	if (!v || json_is_null(v))
		return 0;
	if (!json_is_string(v))
		return wrong_type(key, "a string", err);
	*ret = json_string_value(v);
	return 0;
}

int json_get_text(const json_t *o, const char *key, char *dst, size_t size, struct err *err)
{
	const char *s = NULL;
	int r = json_get_str(o, key, &s, err);

	if (r == 0 && s) {
		size_t n = MIN(strlen(s), size - 1);

		memcpy(dst, s, n);
		dst[n] = 0;
	}
	return r;
}

int json_get_u64(const json_t *o, const char *key, uint64_t *ret, struct err *err)
{
	const json_t *v = json_object_get(o, key);

	if (!v)
		return 0;
	if (json_is_null(v)) {
		*ret = TIME_NEVER;
		return 0;
	}
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return wrong_type(key, "a whole number, 0 or more", err);
	*ret = (uint64_t)json_integer_value(v);
	return 0;
}

int json_get_double(const json_t *o, const char *key, double *ret, struct err *err)
{
	const json_t *v = json_object_get(o, key);

	if (!v)
		return 0;
	if (json_is_null(v))
		*ret = NAN;
	else if (json_is_number(v))
		*ret = json_number_value(v);
	else
		return wrong_type(key, "a number", err);
	return 0;
}

int json_get_bool(const json_t *o, const char *key, bool *ret, struct err *err)
{
	const json_t *v = json_object_get(o, key);

	if (!v || json_is_null(v))
		return 0;
	if (!json_is_boolean(v))
		return wrong_type(key, "true or false", err);
	*ret = json_is_true(v);
	return 0;
}

void json_set_str(json_t *o, const char *key, const char *s)
{
	json_object_set_new(o, key, json_text(s));
}

void json_set_u64(json_t *o, const char *key, uint64_t v)
{
	json_object_set_new(o, key, v > INT64_MAX ? json_null() : json_integer((json_int_t)v));
}

void json_set_double(json_t *o, const char *key, double v)
{
	json_object_set_new(o, key, json_figure(v));
}

void json_set_bool(json_t *o, const char *key, bool v)
{
	json_object_set_new(o, key, json_boolean(v));
}

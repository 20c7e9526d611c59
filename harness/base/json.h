/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * jansson with our errors and units. Instants and lengths are integers of nanoseconds (JSON
 * integers up to 2^63-1; TIME_NEVER is written as null). Getters leave *ret alone when the key is
 * missing and fail with -EINVAL and a sentence when it has the wrong type.
 */
#ifndef KS_BASE_JSON_H
#define KS_BASE_JSON_H

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"

static inline void cleanup_json(json_t **j)
{
	json_decref(*j);
}
#define _cleanup_json_ _cleanup_(cleanup_json)

/* Reads and parses one JSON document (at most 64 MiB). On success *ret is owned by the caller. */
int json_read(int dirfd, const char *name, json_t **ret, struct err *err);

/* Writes it atomically, indented, keys in the order of insertion, with a newline at the end. */
int json_write(int dirfd, const char *name, const json_t *j, struct err *err);

/* Appends it as people and programs read it: indented, doubles with 15 digits, a newline. */
void json_put(struct buf *out, const json_t *j);

/* The value at "km.quantiles.est.1" (names and indexes); borrowed, NULL where a part is missing. */
const json_t *json_at(const json_t *o, const char *path);

json_t *json_text(const char *s); /* guest text is made valid UTF-8 */
json_t *json_texts(const struct strv *v);
json_t *json_figure(double v); /* NaN and infinities become null */
json_t *json_figures(const double *v, size_t n);

int json_get_str(const json_t *o, const char *key, const char **ret,
		 struct err *err); /* borrowed */
int json_get_u64(const json_t *o, const char *key, uint64_t *ret, struct err *err);
int json_get_double(const json_t *o, const char *key, double *ret, struct err *err);
int json_get_bool(const json_t *o, const char *key, bool *ret, struct err *err);

/* Copies the string into dst[size] (cut where too long). */
int json_get_text(const json_t *o, const char *key, char *dst, size_t size, struct err *err);

/* Setters on an object; guest text is made valid UTF-8 first (bad bytes become \xNN). */
void json_set_str(json_t *o, const char *key, const char *s);
void json_set_u64(json_t *o, const char *key, uint64_t v);
void json_set_double(json_t *o, const char *key, double v); /* as json_figure() */
void json_set_bool(json_t *o, const char *key, bool v);

#endif

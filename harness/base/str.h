/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What several rooms need of text: near misses for "did you mean", numbers, lists of names. */
#ifndef KS_BASE_STR_H
#define KS_BASE_STR_H

#include "base/buf.h"

/* Edits (insert, delete, replace, swap of neighbours) between a and b; Damerau's restricted form.
 */
unsigned str_distance(const char *a, const char *b);

/*
 * The name nearest to `word` among n names got through `name(i, arg)`, or NULL where none is near
 * enough to be a typo (more than a third of its letters differ).
 */
const char *str_nearest(const char *word, size_t n, const char *(*name)(size_t, const void *),
			const void *arg);

/* As strverscmp(3), but for kernel names: 6.1.0-9 < 6.1.0-54, 6.12.100+deb12 < 6.12.117+deb12. */
int str_version_cmp(const char *a, const char *b);

/* The whole of s as a decimal number up to max: 0, -EINVAL or -ERANGE. */
int str_to_u64(const char *s, uint64_t max, uint64_t *ret);

/* A list of owned strings, in order of arrival until sorted. Open: read item[] and n directly. */
struct strv {
	char **item;
	size_t n;
};

#define _cleanup_strv_ _cleanup_(strv_done)
void strv_done(struct strv *v);
void strv_add(struct strv *v, const char *s);
void strv_take(struct strv *v, char *s); /* takes ownership of s */
void strv_sort(struct strv *v, int (*cmp)(const char *, const char *));
/* Those of the words (with spaces between; NULL: none) that it does not have. */
void strv_add_words(struct strv *v, const char *words);
bool strv_has(const struct strv *v, const char *s);

/* str_nearest() among v's. */
const char *strv_nearest(const struct strv *v, const char *word);

/*
 * Appends guest or file text so that a terminal cannot be driven by it: control bytes, escapes and
 * broken UTF-8 become \xNN; so do characters that are not seen but change what is: direction marks
 * and overrides, joiners, line separators. Keeps \t and, where `lines` is set, \n.
 */
void str_sanitise(struct buf *out, const char *s, size_t n, bool lines);

/* Appends the words of s, each line indented and none wider than `width` (but for longer words). */
void str_wrap(struct buf *out, const char *s, size_t indent, size_t width);

/* Length in bytes of the well-formed UTF-8 character at s (n bytes left, n > 0), its code in *ret;
 * 0 where there is none. */
size_t str_utf8(const char *s, size_t n, uint32_t *ret);

#endif

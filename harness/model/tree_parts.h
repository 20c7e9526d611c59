/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files behind model/yaml.h share: tree.c (nodes, complaints, merging), yaml.c (the
 * parser), tree_setting.c (settings of the command line). For nobody else.
 */
#ifndef KS_MODEL_TREE_PARTS_H
#define KS_MODEL_TREE_PARTS_H

#include <stdarg.h>

#include "model/yaml.h"

/* Copies that live as long as the trees do; a text ends at its first NUL. */
void *trees_keep(struct trees *y, const void *data, size_t n);
const char *trees_keep_text(struct trees *y, const char *s, size_t n);
const struct node *trees_keep_node(struct trees *y, struct node n);
const struct tree_source *trees_source(struct trees *y, const char *name, const char *text,
				       size_t n);

/* The line's bytes, without its end; false behind the last line. */
bool tree_source_line(const struct tree_source *s, unsigned line, const char **ret, size_t *ret_n);
/* Bytes that the first n characters of s take; a broken byte counts as one character. */
size_t tree_characters(const char *s, size_t len, size_t n);

/* As tree_complain(), of a place that is no node. */
int tree_complain_v(struct err *err, const struct tree_source *source, unsigned line,
		    unsigned column, const char *fmt, va_list ap);

/* Parses `text`, whose places are those of the source (for a setting it is a part of that). */
int tree_parse_text(struct trees *y, const struct tree_source *source, const char *text, size_t n,
		    const struct node **ret, struct err *err);

#endif

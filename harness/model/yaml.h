/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * YAML as a strict tree: maps, lists, scalars and nothing else. No anchors, aliases, tags,
 * directives, second documents or duplicate keys; at most 64 levels, 1 MiB, 512 keys in a map.
 * Every node knows where it stands, also after it was merged into another tree, so that a complaint
 * about a value points at the line that set it.
 *
 * The names begin with tree_, since yaml_free and its like are symbols of libyaml's own: defining
 * one here once replaced the library's and crashed it.
 *
 * Nodes and sources live in a `struct trees` and are freed together with it; they never change
 * after they were parsed, so trees share them freely.
 */
#ifndef KS_MODEL_YAML_H
#define KS_MODEL_YAML_H

#include "base/err.h"

enum {
	TREE_MAX_DEPTH = 64,
	TREE_MAX_BYTES = 1 << 20,
	TREE_MAX_KEYS = 512, /* looked up one by one: this bounds the square */
};

struct trees; /* owns nodes and sources */

struct tree_source {
	const char *name; /* what complaints call it: the file's path, "--set guest.vcpus=x" */
	const char *text;
	size_t len;
};

enum node_kind { NODE_NULL, NODE_SCALAR, NODE_LIST, NODE_MAP };

struct entry;

struct node {
	enum node_kind kind;
	bool quoted; /* a scalar in quotes or a block: never null, never a word of the schema */
	unsigned line, column; /* from 1, in characters */
	const struct tree_source *source;
	const char *text;         /* a scalar's; "" for the others */
	const struct entry *item; /* a map's or a list's, in order */
	size_t n;
};

struct entry {
	const struct node *key; /* NULL in a list */
	const struct node *value;
};

struct trees *trees_new(void);
struct trees *trees_free(struct trees *y); /* returns NULL */

/* Parses one document; an empty one is a NODE_NULL. `name` and the text are copied. */
int tree_parse(struct trees *y, const char *name, const void *text, size_t n,
	       const struct node **ret, struct err *err);

/*
 * Parses "a.b.c=VALUE" (VALUE in YAML) as the map {a: {b: {c: VALUE}}}. A step in double quotes may
 * hold dots; where `is_leaf` says that the steps so far lead to a map with free names, all that is
 * left before the = is one key (guest.sysctl.vm.swappiness).
 */
int tree_parse_setting(struct trees *y, const char *setting, bool (*is_leaf)(const char *path),
		       const struct node **ret, struct err *err);

/*
 * The map {a: {b: {c: value}}} of the key "a.b.c"; every step stands where the key does. Steps and
 * `is_leaf` are as in a setting. NULL where the key is none, or has more than 8 steps.
 */
const struct node *tree_nest(struct trees *y, const struct node *key,
			     bool (*is_leaf)(const char *path), const struct node *value);

/* The tree with `over` laid over `base`: maps merge key by key, everything else replaces. */
const struct node *tree_merge(struct trees *y, const struct node *base, const struct node *over);

/* The map without one of its keys. */
const struct node *tree_without(struct trees *y, const struct node *map, const char *key);

/* The entry under `key`, or NULL (also where `map` is no map, or NULL). */
const struct entry *tree_get(const struct node *map, const char *key);

/* The node at "guest.vcpus", or NULL. Keys with dots cannot be reached. */
const struct node *tree_at(const struct node *map, const char *path);

/* "a map", "a list", "nothing", or the scalar in quotes (cut): what was found. */
const char *tree_found(const struct node *n, char *buf, size_t size);

/*
 * "FILE:LINE:COL: sentence", then the source's line and a caret below the column. Sanitised,
 * exit code 65. Returns -EINVAL.
 */
int tree_complain(struct err *err, const struct node *at, const char *fmt, ...) PRINTF(3, 4);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a scenario may say, as one table: the parser, the defaults, the JSON of settings, the
 * complaints, `kernsoak check --schema` and the key list of kernsoak-scenario(5) come from it.
 * To add a key: a field in settings.h, a row in schema.c.
 * Values (ranges, words set, defaults) are schema_value.c's, documents schema_read.c's.
 */
#ifndef KS_MODEL_SCHEMA_H
#define KS_MODEL_SCHEMA_H

#include "model/scenario.h"
#include "model/yaml.h"

enum field_type {
	FIELD_GROUP,    /* a map of further rows */
	FIELD_TEXT,     /* char * */
	FIELD_WORD,     /* an enum: the index among `words` */
	FIELD_COUNT,    /* uint64_t */
	FIELD_SIZE,     /* uint64_t, bytes */
	FIELD_DURATION, /* uint64_t, ns */
	FIELD_NUMBER,   /* double */
	FIELD_RATE,     /* double, per second */
	FIELD_LIST,     /* struct strv; one word alone is a list of one */
	FIELD_PAIRS,    /* struct pairs, with any keys */
	FIELD_NAMED, /* struct named_list: a map of free names to maps of the rows "PATH.*.KEY" */
	FIELD_LOADS, /* the loads of a struct settings, checked against loads.h */
	FIELD_OVERLAYS, /* a map of names to overlays; the row keeps nothing */
	FIELD_GRID,     /* a map of keys to lists of values (grid.h); the row keeps nothing */
};

/* Which of the documents may have the key; an arm is laid over settings only. */
enum {
	IN_FILE = 1,
	IN_PROFILE = 2,
	IN_SETTING = 4, /* --set */
	IN_ARM = 8,
	IN_WHOLE = IN_FILE | IN_PROFILE | IN_SETTING,
	IN_ALL = IN_WHOLE | IN_ARM,
};

struct field {
	const char *path; /* "guest.memory" */
	enum field_type type;
	unsigned in;
	bool of_scenario; /* offset is into struct scenario, not struct settings */
	size_t offset;
	const char *fallback;     /* as a scenario would write it; NULL: no default, or a group */
	uint64_t min, max;        /* COUNT, SIZE, DURATION: both included */
	bool of_item;             /* a key of a NAMED row's maps; kept as text, offset unused */
	bool needed;              /* of_item: there is no map without it */
	bool bare;                /* NAMED: a name with nothing behind it is an item, too */
	bool none;                /* "none" is accepted, kept as TIME_NEVER */
	const char *const *words; /* WORD, PAIRS (values; NULL: any): ends with NULL */
	bool (*fits)(const char *word); /* TEXT, LIST, PAIRS (keys): NULL: any */
	const char *shape;              /* what fits() accepts, in words */
	/* NAMED: do the items' keys go together? Complains of an item and a key (NULL: none). */
	int (*check)(const struct named_list *l, bool whole, const char **ret_name,
		     const char **ret_key, struct err *err);
	const char *sentence;
	const char *example;
};

/* What an arm, a profile or a scenario may be called. */
#define SCHEMA_NAME_SHAPE "1 to 64 letters, digits or any of ._+-"
bool schema_is_name(const char *s);

const struct field *schema_nth(size_t i); /* in the order of documentation; NULL at the end */
const struct field *schema_by_path(const char *path);
const char *field_type_name(enum field_type t); /* "duration" */

/* The last step of the row's path where it is right below the group ("" the top); else NULL. */
const char *field_below(const struct field *f, const char *group);

/* "1s to 1h, or none": what a value may be, besides its type; "" where there is nothing to say. */
char *field_range(const struct field *f); /* the caller frees */

/* Does the path lead to a map with free names? For tree_parse_setting(). */
bool schema_has_free_keys(const char *path);

/* Where the field's value is. */
void *field_at(const struct field *f, struct settings *s, struct scenario *sc);

/* Would field_set() take the word? Of PAIRS: as a value. For what is kept as text. */
int field_accepts(const struct field *f, const char *word, struct err *err);

/*
 * Sets one value from one word, as written in a scenario or as a default; a LIST gains an item.
 * On -EINVAL `err` holds a sentence without a position.
 */
int field_set(const struct field *f, void *at, const char *word, struct err *err);

/* Is a number within the row's range? (TIME_NEVER where the row accepts none.) */
int field_check(const struct field *f, uint64_t v, struct err *err);

/*
 * Reads a document of the kind `in` into the settings and the scenario (both needed), which keep
 * what the document does not say. Checks keys, types, units and ranges, overlays included.
 * `whole` asks for parameters without default, too: an overlay need not repeat them.
 */
int schema_read(const struct node *doc, unsigned in, bool whole, struct settings *s,
		struct scenario *sc, struct err *err);

/* Every default filled in; the fields must be empty. */
void schema_defaults(struct settings *s, struct scenario *sc);

#endif

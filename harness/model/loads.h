/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the host knows of the loads: names, units, parameters with ranges, and what they need.
 * The programs themselves are in workloads/, one file each, named as the row. To add a load, add a
 * row in loads.c and a file there.
 */
#ifndef KS_MODEL_LOADS_H
#define KS_MODEL_LOADS_H

#include "base/macro.h"

enum param_type {
	PARAM_DURATION, /* given to the load in ns */
	PARAM_SIZE,     /* in bytes */
	PARAM_COUNT,    /* a whole number */
	PARAM_BOOL,     /* 0 or 1 */
	PARAM_RATE,     /* in millionths per second */
	PARAM_TEXT,     /* as written; percent-encoded on the wire only */
	PARAM_LIST,     /* a list of words, joined by spaces */
	PARAM_CHOICE,   /* one word of `words` */
};

struct load_param {
	const char *key;
	enum param_type type;
	const char *fallback; /* as a scenario would write it; NULL: the scenario must say it */
	uint64_t min, max;    /* for the numeric types, in the unit of the type */
	const char *sentence;
	const char *words;   /* of a choice: what it may be, separated by spaces */
	const char *example; /* where fallback is NULL: a value, as YAML */
	bool tunable;        /* may be changed while the load works (docs/PROTOCOL.md, tune) */
};

/* What one value of a parameter asks for besides: fs=loop needs the module loop. */
struct load_need {
	const char *key, *value;
	const char *modules, *programs; /* as below */
};

struct load_def {
	const char *name;
	const char *unit; /* plural, of its progress counter: "replaces" */
	const char *sentence;
	const char *modules;  /* space-separated kernel modules that must be in the image, or "" */
	const char *programs; /* host programs to copy into the image with their libraries, or "" */
	uint32_t min_vcpus;
	const struct load_param *param; /* ends with a NULL key */
	bool in_containers;             /* runs only in the image of that name */
	const struct load_need *need; /* ends with a NULL key; NULL: whatever the parameters say */
	const char *capabilities; /* of the kernel, of capabilities.def: "veth bridge"; or NULL */
};

const struct load_def *load_by_name(const char *name); /* NULL where there is none */
const struct load_def *load_nth(size_t i);             /* NULL at the end */

/* Whether the word is one of a choice's. */
bool load_param_allows(const struct load_param *p, const char *word);

/* "1 to 64", "kswapd, all or memcg": what a value may be, besides its type; the caller frees. */
char *load_param_range(const struct load_param *p);

#endif

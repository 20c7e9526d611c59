/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kinds of failure, from taxonomy.def. Plain data; no function here can fail. */
#ifndef KS_MODEL_TAXONOMY_H
#define KS_MODEL_TAXONOMY_H

#include "base/macro.h"

enum crash_class {
	CRASH_NONE,
#define CLASS(id, name, family, severity, sentence) CRASH_##id,
#include "model/taxonomy.def"
#undef CLASS
	CRASH_COUNT
};

enum severity { SEVERITY_NOISE, SEVERITY_NOTE, SEVERITY_CRASH, SEVERITY_FATAL };

struct crash_info {
	const char *name, *family;
	enum severity severity;
	const char *sentence;
};

/* Never NULL; CRASH_NONE is named "none". */
const struct crash_info *crash_info(enum crash_class c);

/* By name ("oops-null"); CRASH_NONE where there is none. */
enum crash_class crash_by_name(const char *name);

/* Is there a class of that name? */
bool crash_is_class(const char *name);

/* Is `word` the class's name or its family's? */
bool crash_is(enum crash_class c, const char *word);

/* The i-th word that a scenario may name (classes, then families not yet named), NULL at the end.
 */
const char *crash_word(size_t i);

/* Is it one of crash_word()'s? */
bool crash_is_word(const char *word);

const char *severity_name(enum severity s); /* "noise" "note" "crash" "fatal" */

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the classes of crashes mean, from explain.def. Plain data; no function here can fail. */
#ifndef KS_MODEL_EXPLAIN_H
#define KS_MODEL_EXPLAIN_H

#include "base/json.h"
#include "model/taxonomy.h"

struct explanation {
	const char *meaning, *look;
	const char *settings; /* lines "SETTING: what it does"; "none: why" */
	const char *needs, *kernels;
};

/* Never NULL for a class; of CRASH_NONE all texts are empty. */
const struct explanation *crash_explain(enum crash_class c);

/* Does a sighting of this class and severity end a trial that does not look for it? As
 * classify_ends_trial() in run/ has it, in words. */
const char *severity_effect(enum crash_class c, enum severity s);

/* The settings as an array of { "setting", "effect" }; empty where there is none. */
json_t *explanation_settings(const struct explanation *e);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a kernel offers, by names: a table (capabilities.def) over its configuration. */
#ifndef KS_MODEL_CAPABILITIES_H
#define KS_MODEL_CAPABILITIES_H

#include "model/kconfig.h"

enum capability_state { CAPABILITY_OFF, CAPABILITY_MODULE, CAPABILITY_BUILTIN };

struct capability {
	const char *name;
	const char *symbols; /* "NETCONSOLE NETCONSOLE_DYNAMIC": all; A|B: either */
	const char *shown;   /* a symbol whose value says how it is set, or "" */
	const char *sentence;
};

const struct capability *capability_nth(size_t i); /* NULL at the end */
const struct capability *capability_by_name(const char *name);
const char *capability_state_name(enum capability_state s); /* "built in", "module", "off" */

enum capability_state capability_state(const struct capability *c, const struct kconfig *config);

/* Is it what `needs:` may say: a capability's name, or a symbol (CONFIG_X)? */
bool need_is_word(const char *word);

/* The near miss, or how to see all; -EINVAL. */
int need_unknown(const char *word, struct err *err);

/*
 * Does the kernel have what the word says? Where not: -ENOTSUP, with a sentence that names the
 * symbols that are missing.
 */
int need_met(const char *word, const struct kconfig *config, struct err *err);

#endif

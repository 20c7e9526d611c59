/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The host's side of docs/PROTOCOL.md: lines of the guest's agent to words and values, and the job.
 */
#ifndef KS_RUN_AGENT_H
#define KS_RUN_AGENT_H

#include "model/settings.h"

/* One line, taken apart. Decoded values may hold any byte but NUL: guest text. */
struct agent_line {
	char word[32];
	struct pairs arg;
};

/* -EINVAL where it is no line of the protocol; nothing is left to free then. */
int agent_parse(const char *line, size_t n, struct agent_line *ret);
void agent_line_done(struct agent_line *l);

/* The value as a number; `fallback` where it is missing or none. */
uint64_t agent_u64(const struct agent_line *l, const char *key, uint64_t fallback);

/* Appends ` key=value` with the value encoded. */
void agent_put(struct buf *out, const char *key, const char *value);

/* What the trial sends behind `hello`: job, module..., sysctl..., load..., settle. */
void agent_job(const struct settings *s, uint64_t seed, struct buf *out);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What /proc says of the guest at one second, as the tokens of a `sample` line. */
#ifndef KS_AGENT_SAMPLE_H
#define KS_AGENT_SAMPLE_H

#include "../wire.h"

/* The tokens of a `samples` line of docs/PROTOCOL.md: as disk_setup(). Without one: each second. */
int sample_setup(const char *tokens, char *said, size_t size);
bool sample_due(uint64_t second);

/* Opens the files once: under memory pressure an open is more to go wrong. */
void sample_init(void);
void sample_take(struct wire *w);

/* Pure, for tests: the text of a file to tokens. */
void sample_meminfo(struct wire *w, const char *text);
void sample_vmstat(struct wire *w, const char *text);
void sample_stat(struct wire *w, const char *text);
void sample_pressure(struct wire *w, const char *resource, const char *text);

#endif

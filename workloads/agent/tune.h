/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The word `tune`: a parameter of a load gets another value while the load works. */
#ifndef KS_AGENT_TUNE_H
#define KS_AGENT_TUNE_H

#include "child.h"

/* `tokens` are the line's: load=NAME KEY=NUMBER. 0 with what was done in `said`; -1 with why not.
 */
int tune(struct child *load, size_t n, const char *tokens, char *said, size_t size);

#endif

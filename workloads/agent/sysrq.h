/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's own last words: magic SysRq, which root may press whatever kernel.sysrq allows. */
#ifndef KS_AGENT_SYSRQ_H
#define KS_AGENT_SYSRQ_H

#include <stddef.h>

/* Those that only print: l (CPUs), w (blocked tasks), m (memory), t (all tasks). 0, or -1 with a
 * sentence in `why`. */
int sysrq_press(char key, char *why, size_t why_size);

#endif

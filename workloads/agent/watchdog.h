/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A watchdog device that the agent feeds: what starves it, starves the agent. */
#ifndef KS_AGENT_WATCHDOG_H
#define KS_AGENT_WATCHDOG_H

#include <stddef.h>

/* The tokens of a `watchdog` line of docs/PROTOCOL.md: as disk_setup(). From then on it is armed.
 */
int watchdog_setup(const char *tokens, char *said, size_t size);

/* Once a second; without a watchdog it does nothing. */
void watchdog_feed(void);

#endif

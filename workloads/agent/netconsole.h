/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's second console: over a card that leads to the host's process and nowhere else. */
#ifndef KS_AGENT_NETCONSOLE_H
#define KS_AGENT_NETCONSOLE_H

#include <stddef.h>

/* The tokens of a `netconsole` line of docs/PROTOCOL.md: as disk_setup(). */
int netconsole_setup(const char *tokens, char *said, size_t size);

/* The interface below `dir` (/sys/class/net) with this address: 0 or -1. */
int netconsole_card(const char *dir, const char *mac, char *ret, size_t size);

#endif

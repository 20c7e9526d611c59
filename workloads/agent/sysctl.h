/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernel settings, written and read back: a setting that did not take effect must not be soaked. */
#ifndef KS_AGENT_SYSCTL_H
#define KS_AGENT_SYSCTL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Sets `key`: a sysctl's name (vm.swappiness; net/ipv4/conf/eth0.1/forwarding with / where a part
 * holds a dot), or the path of a file below /sys or /proc. 0, or -1 with a sentence in `why`.
 */
int sysctl_set(const char *key, const char *value, char *why, size_t why_size);

/*
 * Whether a file that reads `is` holds what was written as `wanted`: the same words, the same
 * number (0x0007 is 7), or the selected word of a list ("always [madvise] never").
 */
bool sysctl_same(const char *is, const char *wanted);

#endif

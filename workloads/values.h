/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers out of files of /proc, /sys and cgroups that say `key value` or `key: value kB`. */
#ifndef KS_WORKLOADS_VALUES_H
#define KS_WORKLOADS_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The number behind the key at the begin of a line, in bytes where the unit is kB. */
bool values_find(const char *text, const char *key, uint64_t *ret);

/* Both; where the file or the key is missing, ends the load with a sentence. */
uint64_t values_get(const char *path, const char *key);

#endif

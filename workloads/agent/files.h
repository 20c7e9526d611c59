/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's small files: one value, written or read at once. */
#ifndef KS_AGENT_FILES_H
#define KS_AGENT_FILES_H

#include <stddef.h>

/* One write(2) of the text: 0 or -errno. */
int file_write(const char *path, const char *text);

/* Up to size - 1 bytes, as text: 0 or -errno (and "" then). */
int file_read(const char *path, char *ret, size_t size);

#endif

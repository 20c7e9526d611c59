/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Follows the file that QEMU appends the guest's serial console to. The file never throttles the
 * guest, whatever the reader does; inotify says when there is more, and reads are bounded so that
 * the loop stays alive through a flood. Bytes are stamped with the loop's time at their reading.
 */
#ifndef KS_VM_CONSOLE_H
#define KS_VM_CONSOLE_H

#include "base/loop.h"

struct console;

typedef void (*console_data_fn)(void *arg, const void *data, size_t n, uint64_t at_ns);
typedef void (*console_end_fn)(void *arg);

/* Opens `path` for itself and reads it from its first byte. Calls nothing before it returns. */
int console_new(struct loop *loop, const char *path, console_data_fn fn, void *arg,
		struct console **ret, struct err *err);

/* Nobody writes any more: `fn` is called (from the loop, once) when all bytes were handed on; no
 * byte comes after it. */
void console_finish(struct console *c, console_end_fn fn);

/*
 * The longest time seen between a byte's writing and its reading. While bytes flow it is the time
 * between two reads, an upper bound; for the first bytes after a silence it is their file's age,
 * which is too small where the guest kept writing.
 */
uint64_t console_lag_ns(const struct console *c);

uint64_t console_offset(const struct console *c); /* bytes handed on */

/* NULL is fine; returns NULL. Allowed inside the callbacks. */
struct console *console_free(struct console *c);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A growing run of bytes. Open, because callers keep it on the stack and read data/len directly.
 * `data` always has a NUL behind the last byte (and is never NULL after the first append).
 * Running out of memory ends the process: one process runs one trial, so that loses one trial.
 */
#ifndef KS_BASE_BUF_H
#define KS_BASE_BUF_H

#include <stdarg.h>

#include "base/macro.h"

struct buf {
	char *data;
	size_t len, cap;
};

#define BUF_INIT                                                                                   \
	{                                                                                          \
		0                                                                                  \
	}
#define _cleanup_buf_ _cleanup_(buf_done)

void buf_done(struct buf *b);  /* frees; leaves an empty buffer that may be used again */
void buf_clear(struct buf *b); /* forgets the bytes, keeps the room */
void buf_reserve(struct buf *b, size_t n); /* room for n more bytes and the NUL */
void buf_append(struct buf *b, const void *data, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap);
void buf_consume(struct buf *b, size_t n); /* drops the first n bytes */
const char *buf_str(const struct buf *b);  /* the bytes as a string, "" when empty */
char *buf_steal(struct buf *b);            /* the caller frees; never NULL */

/* malloc and friends that never return NULL. */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) PRINTF(1, 2);

#endif

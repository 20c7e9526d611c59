/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The few macros that every file may use. No state, no functions with effects. */
#ifndef KS_BASE_MACRO_H
#define KS_BASE_MACRO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))
#define MIN(a, b)     ((a) < (b) ? (a) : (b))
#define MAX(a, b)     ((a) > (b) ? (a) : (b))

#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define WARN_UNUSED       __attribute__((warn_unused_result))
#define NS_PER_US         UINT64_C(1000)
#define NS_PER_MS         UINT64_C(1000000)
#define NS_PER_S          UINT64_C(1000000000)
#define TIME_NEVER        UINT64_MAX /* an instant that does not come; a length without end */

/* Hands over ownership: evaluates to `p` and leaves `empty` behind. */
#define TAKE(p, empty)                                                                             \
	({                                                                                         \
		__typeof__(p) _taken = (p);                                                        \
		(p) = (empty);                                                                     \
		_taken;                                                                            \
	})

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define _cleanup_(f)    __attribute__((cleanup(f)))
#define _cleanup_free_  _cleanup_(cleanup_free)
#define _cleanup_close_ _cleanup_(cleanup_close)

static inline bool str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* The rest of `s` behind `prefix`, or NULL where `s` does not start with it. */
static inline const char *str_after(const char *s, const char *prefix)
{
	while (*prefix && *s == *prefix) {
		s++;
		prefix++;
	}
	return *prefix ? NULL : s;
}

#endif

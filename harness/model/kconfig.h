/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A kernel's configuration as symbols and values: of /boot/config-*, of .config, of a fragment. */
#ifndef KS_MODEL_KCONFIG_H
#define KS_MODEL_KCONFIG_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { KCONFIG_MAX_BYTES = 4 << 20 };

struct kconfig_item {
	char *symbol;     /* KASAN, without its CONFIG_ */
	char *value;      /* y, m, n, 100, "text" with its quotes */
	const char *from; /* where it was said, as kconfig_read was told; not owned */
	size_t order;     /* of arrival */
};

/* Sorted by symbol, each once. Open: read item[] and n directly. */
struct kconfig {
	struct kconfig_item *item;
	size_t n, cap;
	/* Symbols that need not take effect, of lines "# kernsoak: may be absent CONFIG_X ...". */
	struct strv may_be_absent;
};

#define _cleanup_kconfig_ _cleanup_(kconfig_done)
void kconfig_done(struct kconfig *c);

/*
 * Lays the text over what `c` has: the last word on a symbol counts. `from` is the text's name in
 * complaints ("lean.config:3: ...") and has to outlive `c`. A line that is neither a comment nor
 * CONFIG_SYMBOL=VALUE is an error with exit code 65; `c` is then as good as before, but no more.
 */
int kconfig_read(const char *from, const char *text, size_t n, struct kconfig *c, struct err *err);

/* The symbol's value; "n" where it is off, or unknown. */
const char *kconfig_value(const struct kconfig *c, const char *symbol);

/* Appends it as a .config. */
void kconfig_write(const struct kconfig *c, struct buf *out);

/*
 * Did all that `asked` says take effect in `got`? An m that became y did. Otherwise -EINVAL, and a
 * sentence that names the symbols, their values, and who asked.
 */
int kconfig_took_effect(const struct kconfig *asked, const struct kconfig *got, struct err *err);

#endif

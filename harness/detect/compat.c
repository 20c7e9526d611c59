/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/compat.h"

#include <stdio.h>

/* By the start of the title; by class where no row fits. */
struct by_title {
	const char *start, *type;
};

static const struct by_title by_title[] = {
	{ "KASAN: double-free", "KASAN-DOUBLE-FREE" },
	{ "KASAN: invalid-free", "KASAN-INVALID-FREE" },
	{ "KFENCE: invalid free", "KFENCE-INVALID-FREE" },
	{ "KFENCE: memory corruption", "KFENCE-MEMORY-CORRUPTION" },
	{ "KCSAN: assert", "KCSAN-ASSERT" },
	{ "KCSAN: data-race", "KCSAN-DATARACE" },
	{ "KMSAN: kernel-", "KMSAN-INFO-LEAK" },
	{ "KMSAN: uninit-value", "KMSAN-UNINIT-VALUE" },
	{ "KMSAN: use-after-free", "KMSAN-USE-AFTER-FREE-READ" },
	{ "UBSAN: array-index-out-of-bounds", "MEMORY_SAFETY_UBSAN" },
	{ "BUG: corrupted list", "MEMORY_SAFETY_BUG" },
	{ "BUG: stack guard page", "UNKNOWN" },
	{ "BUG: using ", "LOCKDEP" },
	{ "BUG: workqueue leaked", "UNKNOWN" },
	{ "BUG: lock held when returning", "UNKNOWN" },
	{ "INFO: trying to register", "UNKNOWN" },
	{ "INFO: suspicious RCU usage", "UNKNOWN" },
	{ "WARNING: kernel stack ", "UNKNOWN" },
	{ "WARNING: possible circular", "WARNING" },
	{ "SYZFAIL", "SYZ_FAILURE" },
	{ "SYZFATAL", "SYZ_FAILURE" },
	{ "uvm_fault", "UNKNOWN" },
	{ "Fatal trap", "UNKNOWN" },
	{ "protection_fault", "UNKNOWN" },
	{ "go runtime error", "DoS" },
	{ "panic: runtime error", "DoS" },
};

static const char *by_class(enum crash_class c)
{
	switch ((int)c) {
	case CRASH_OOPS_NULL: return "NULL-POINTER-DEREFERENCE";
	case CRASH_OOPS_PAGING: return "MEMORY_SAFETY_BUG";
	case CRASH_LIST_CORRUPTION: return "MEMORY_SAFETY_BUG";
	case CRASH_BUG:
	case CRASH_DOUBLE_FREE:
	case CRASH_USERCOPY: return "BUG";
	case CRASH_REFCOUNT: return "REFCOUNT_WARNING";
	case CRASH_WARNING: return "WARNING";
	case CRASH_LOCKDEP: return "LOCKDEP";
	case CRASH_ATOMIC_SLEEP: return "ATOMIC_SLEEP";
	case CRASH_MEMORY_LEAK: return "LEAK";
	case CRASH_UBSAN: return "UBSAN";
	}
	if (crash_is(c, "lockup"))
		return "HANG";
	if (crash_is(c, "oops") || crash_is(c, "panic") || crash_is(c, "netdev") ||
	    crash_is(c, "boot"))
		return "DoS";
	return "UNKNOWN";
}

/* "KASAN: slab-use-after-free Read in f" is KASAN-USE-AFTER-FREE-READ, any other is KASAN-READ. */
static void sanitizer(const struct sighting *s, const char *tool, char *ret)
{
	const char *what = strstr(s->title, "use-after-free")   ? "USE-AFTER-FREE-"
			   : strstr(s->title, "null-ptr-deref") ? "NULL-POINTER-DEREFERENCE-"
								: "";
	bool write = strstr(s->title, " Write in ") || strstr(s->title, " write in ");

	snprintf(ret, COMPAT_TYPE_LEN, "%s-%s%s", tool, what, write ? "WRITE" : "READ");
}

void compat_type(const struct sighting *s, char ret[COMPAT_TYPE_LEN])
{
	for (size_t i = 0; i < ARRAY_SIZE(by_title); i++)
		if (str_after(s->title, by_title[i].start)) {
			snprintf(ret, COMPAT_TYPE_LEN, "%s", by_title[i].type);
			return;
		}
	if (s->class == CRASH_KASAN)
		sanitizer(s, "KASAN", ret);
	else if (s->class == CRASH_KFENCE)
		sanitizer(s, "KFENCE", ret);
	else
		snprintf(ret, COMPAT_TYPE_LEN, "%s", by_class(s->class));
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/panics.h"

#include "base/macro.h"

static const struct panic panics[] = {
	{ "oops", "kernel.panic_on_oops", NULL },
	{ "warn", "kernel.panic_on_warn", NULL },
	{ "soft-lockup", "kernel.softlockup_panic", "SOFTLOCKUP_DETECTOR" },
	{ "hard-lockup", "kernel.hardlockup_panic", "HARDLOCKUP_DETECTOR" },
	{ "hung-task", "kernel.hung_task_panic", "DETECT_HUNG_TASK" },
	{ "rcu-stall", "kernel.panic_on_rcu_stall", NULL },
	{ "oom", "vm.panic_on_oom", NULL },
	{ "nmi", "kernel.unknown_nmi_panic", NULL },
	{ "io-nmi", "kernel.panic_on_io_nmi", NULL },
};

const struct panic *panic_nth(size_t i)
{
	return i < ARRAY_SIZE(panics) ? &panics[i] : NULL;
}

const struct panic *panic_by_word(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(panics); i++)
		if (str_eq(panics[i].word, word))
			return &panics[i];
	return NULL;
}

bool panic_is_word(const char *word)
{
	return panic_by_word(word) != NULL;
}

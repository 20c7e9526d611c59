/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guest settings: words of the host that are applied at once and read back. */
#ifndef KS_AGENT_SETTINGS_H
#define KS_AGENT_SETTINGS_H

#include <stddef.h>

enum setting_result {
	SETTING_UNKNOWN, /* no such word */
	SETTING_DONE,    /* `said` tells what is there now, for the log; "" nothing worth it */
	SETTING_FAILED,  /* `said` tells what is wrong: an error before the soak */
};

enum setting_result setting_apply(const char *word, const char *tokens, char *said, size_t size);

/* Are all words of `wanted` among those of `have`? Else the first that is not is left in `ret`. */
int words_missing(const char *have, const char *wanted, char *ret, size_t size);

#endif

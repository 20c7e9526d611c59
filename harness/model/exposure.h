/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From which moment on a life is counted: the words of `exposure: { starts: ... }`. */
#ifndef KS_MODEL_EXPOSURE_H
#define KS_MODEL_EXPOSURE_H

#include <stdbool.h>

enum exposure_start {
	EXPOSURE_BEGIN,         /* the soak's begin */
	EXPOSURE_FIRST_RECLAIM, /* a sample in which kswapd has scanned a page since then */
	EXPOSURE_FIRST_COUNT,   /* the first count of the load that is the unit */
	EXPOSURE_PLACEMENT,     /* a cascade's containers are placed */
};

extern const char *const exposure_starts[]; /* by the enum; ends with NULL */

bool exposure_start_by_name(const char *name, enum exposure_start *ret);

#endif

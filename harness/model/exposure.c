/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/exposure.h"

#include "base/str.h"

const char *const exposure_starts[] = { "begin", "first-reclaim", "first-count", "placement",
					NULL };

bool exposure_start_by_name(const char *name, enum exposure_start *ret)
{
	for (unsigned i = 0; exposure_starts[i]; i++)
		if (str_eq(exposure_starts[i], name)) {
			*ret = (enum exposure_start)i;
			return true;
		}
	return false;
}

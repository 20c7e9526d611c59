/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "churn.h"

static const struct runtime *const runtimes[] = { &runtime_native, &runtime_crun, &runtime_podman };

const struct runtime *runtime_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof runtimes / sizeof *runtimes; i++)
		if (strcmp(runtimes[i]->name, name) == 0)
			return runtimes[i];
	return NULL;
}

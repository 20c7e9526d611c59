/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trial as data: trials/000017/spec.json. All that `kernsoak trial DIR` needs to know. */
#ifndef KS_MODEL_SPEC_H
#define KS_MODEL_SPEC_H

#include "model/settings.h"

struct spec {
	char *run;      /* the run's id: the name of its folder */
	char *scenario; /* its name */
	char *arm;
	uint64_t trial; /* 1.. within the run: the name of its folder, six digits */
	uint64_t block; /* randomised block of the plan that it belongs to, from 0 */
	uint64_t slot;  /* which slot ran it; set by the runner at spawn */
	uint64_t seed;
	char *uri; /* libvirt's; "" the default: qemu:///embed */
	struct settings settings;
};

void spec_done(struct spec *s);
json_t *spec_to_json(const struct spec *s);
int spec_from_json(const json_t *j, struct spec *ret, struct err *err);

#endif

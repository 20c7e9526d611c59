/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One arm of a scenario, as its checks (scenario_check.c) and its lints (lint.c) see it. */
#ifndef KS_MODEL_SCENARIO_LOOK_H
#define KS_MODEL_SCENARIO_LOOK_H

#include "model/scenario.h"
#include "model/yaml.h"

struct look {
	const struct node *doc; /* the arm's: file, profile, settings and arm merged */
	const struct node
		*at;     /* where to point when no key is to blame: the arm, or the document */
	const char *arm; /* for the sentence; "" where there is only one */
	const struct settings *s;
	const struct scenario *sc;
	const struct scenario_options *opt;
	struct err *err;
};

/* The first of the two places that the document has, or the arm's. */
const struct node *look_place(const struct look *l, const char *path, const char *other);

bool look_is_fake(const struct look *l);

int cascade_check(const struct look *l); /* in cascade.c */

/* Does what the keys say go together? -EINVAL: the first that does not is in l->err. */
int look_check(const struct look *l);

#endif

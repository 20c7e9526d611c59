/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trial as verbs that need its folder take it. */
#ifndef KS_CMD_TRIAL_REF_H
#define KS_CMD_TRIAL_REF_H

#include "model/spec.h"

/* The folder of RUN/17, last/17, 17 (of the last run), or of a path to one, wherever that lies. The
 * caller frees. */
int trial_ref_path(const char *results, const char *ref, char **ret, struct err *err);

/* The same, with the spec of the trial, and the release that its guest said ("" where it did not).
 */
struct trial_ref {
	char *path;
	int dir;
	struct spec spec;
	char release[128];
};

#define TRIAL_REF_INIT                                                                             \
	{                                                                                          \
		.dir = -1                                                                          \
	}
#define _cleanup_trial_ref_ _cleanup_(trial_ref_done)
void trial_ref_done(struct trial_ref *t);
int trial_ref_read(const char *results, const char *ref, struct trial_ref *ret, struct err *err);

/* Appends the word as a shell takes it: in quotes where it needs them. */
void shell_word(struct buf *out, const char *word);

#endif

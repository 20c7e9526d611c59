/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a bisection goes over: an ordered list of values, each a few settings that are laid over the
 * scenario.
 *
 *   debian:6.1.0-47..6.1.0-56       the packages from one to the other, in Debian's order
 *   git:DIR#good..bad               commits, first parents only
 *   guest.memory=256MiB,512MiB      values of a key, in the order given
 *   set:guest.cmdline=nosmt,quiet   causes: none of them, the first, the first two, ...
 *
 * With causes the first bad value names the one that, laid over those before it, makes the
 * difference; so a set without an order is searched like a history.
 * Pure: which packages and commits there are is told by the caller (run/axis_find).
 */
#ifndef KS_MODEL_AXIS_H
#define KS_MODEL_AXIS_H

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

enum axis_kind { AXIS_KERNELS, AXIS_COMMITS, AXIS_VALUES, AXIS_CAUSES };

enum { AXIS_MAX = 4096 };

struct axis_value {
	char *label;     /* unique: the name of its arm */
	char *note;      /* a commit's subject, a package's version; "" none */
	char *commit;    /* COMMITS: its whole name; else NULL */
	struct strv set; /* as after --set, laid over the arm */
};

struct axis {
	enum axis_kind kind;
	char *text;         /* as it was given */
	char *dir;          /* COMMITS: the tree */
	char *first, *last; /* KERNELS, COMMITS: the ends as they were given */
	struct axis_value *value;
	size_t n;
};

#define _cleanup_axis_ _cleanup_(axis_done)
void axis_done(struct axis *a);

/*
 * Reads the text. Values and causes are complete then; for packages and commits the two functions
 * below add what there is. Complaints carry exit code 64.
 */
int axis_parse(const char *text, struct axis *ret, struct err *err);

struct axis_kernel {
	const char *name, *version; /* "debian:6.1.0-54-cloud", "6.1.190-1" */
};

/*
 * The kernels from first to last among `all`, of one flavour: that of the ends, else that of `like`
 * ("debian:6.1.0-54-cloud", the scenario's kernel), else the plain one. An end that is not there is
 * an error with the nearest names. A first that is newer than the last turns the order round.
 */
int axis_add_kernels(struct axis *a, const struct axis_kernel *all, size_t n, const char *like,
		     struct err *err);

/* Lines "SHA subject", oldest first, the good end included. */
int axis_add_commits(struct axis *a, const char *lines, struct err *err);

json_t *axis_to_json(const struct axis *a);
int axis_from_json(const json_t *j, struct axis *ret, struct err *err);

#endif
